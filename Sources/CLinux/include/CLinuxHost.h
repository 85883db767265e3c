// SPDX-License-Identifier: Apache-2.0
// What the host says of itself.
#pragma once

#include <sys/utsname.h>
