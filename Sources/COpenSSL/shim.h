// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <openssl/err.h>
#include <openssl/ssl.h>

/// No file is read: neither a configuration nor certificates.
static inline int copenssl_init(void) { return OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, 0); }

/// For a client that takes any certificate. NULL: out of memory.
static inline SSL_CTX *copenssl_context(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) return 0;
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, 0);
    SSL_CTX_set_security_level(context, 1);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    return context;
}

static inline long copenssl_set_name(SSL *connection, const char *name) { return SSL_set_tlsext_host_name(connection, name); }
