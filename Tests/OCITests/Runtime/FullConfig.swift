// SPDX-License-Identifier: Apache-2.0

/// A `config.json` that has every member which the specification defines for Linux, and some that it doesn't.
let fullConfig = #"""
    {
      "ociVersion": "1.2.0", "future": {"unknown": [1]},
      "process": {
        "terminal": true, "consoleSize": {"height": 24, "width": 80},
        "user": {"uid": 1, "gid": 2, "umask": 63, "additionalGids": [5, 6], "username": "of windows"},
        "args": ["sh", "-c", "true"], "env": ["PATH=/bin", "A="], "cwd": "/tmp",
        "capabilities": {
          "effective": ["CAP_CHOWN"], "bounding": ["CAP_CHOWN", "CAP_KILL"], "inheritable": ["CAP_KILL"],
          "permitted": ["CAP_CHOWN", "CAP_SETUID"], "ambient": ["CAP_SETGID"]
        },
        "rlimits": [
          {"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 18446744073709551615},
          {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}
        ],
        "noNewPrivileges": true, "apparmorProfile": "p", "selinuxLabel": "a:b:c", "oomScoreAdj": -500,
        "scheduler": {"policy": "SCHED_DEADLINE", "nice": 0, "flags": ["SCHED_FLAG_RESET_ON_FORK"],
          "runtime": 1000000, "deadline": 2000000, "period": 3000000},
        "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 4},
        "execCPUAffinity": {"initial": "0-3,7", "final": "1"}
      },
      "root": {"path": "rootfs", "readonly": true},
      "hostname": "h", "domainname": "d",
      "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "data", "type": "none", "source": "/srv", "options": ["rbind", "idmap"],
          "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}],
          "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}]}
      ],
      "hooks": {
        "prestart": [{"path": "/p"}],
        "createRuntime": [{"path": "/a", "args": ["a", "b"], "env": ["K=V"], "timeout": 5}, {"path": "/b"}],
        "createContainer": [{"path": "/c"}], "startContainer": [{"path": "/d"}],
        "poststart": [{"path": "/e"}], "poststop": [{"path": "/f"}]
      },
      "annotations": {"com.example.key": "value"},
      "linux": {
        "namespaces": [
          {"type": "pid"}, {"type": "network", "path": "/var/run/netns/n"}, {"type": "mount", "path": ""},
          {"type": "ipc"}, {"type": "uts"}, {"type": "user"}, {"type": "cgroup"}, {"type": "time"}
        ],
        "uidMappings": [{"containerID": 0, "hostID": 0, "size": 4294967295}],
        "gidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
        "timeOffsets": {"monotonic": {"secs": -5, "nanosecs": 7}, "boottime": {"secs": 9}},
        "devices": [
          {"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 7},
          {"path": "/dev/pipe", "type": "p"}
        ],
        "netDevices": {"eth0": {"name": "inside"}, "eth1": {}},
        "cgroupsPath": "/a/b",
        "resources": {
          "devices": [
            {"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"},
            {"allow": true, "type": "b", "major": 8, "minor": -1}
          ],
          "memory": {"limit": 536870912, "reservation": 536870911, "swap": -1, "kernel": -1, "kernelTCP": 1,
            "swappiness": 0, "disableOOMKiller": false, "useHierarchy": true, "checkBeforeUpdate": true},
          "cpu": {"shares": 1024, "quota": 1000000, "burst": 5, "period": 500000, "realtimeRuntime": 950000,
            "realtimePeriod": 1000000, "cpus": "2-3", "mems": "0-7", "idle": 1},
          "pids": {"limit": 32771},
          "blockIO": {
            "weight": 10, "leafWeight": 11, "weightDevice": [{"major": 8, "minor": 0, "weight": 500}],
            "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 600}],
            "throttleWriteBpsDevice": [{"major": 8, "minor": 1, "rate": 601}],
            "throttleReadIOPSDevice": [{"major": 8, "minor": 2, "rate": 602}],
            "throttleWriteIOPSDevice": [{"major": 8, "minor": 3, "rate": 603}]
          },
          "hugepageLimits": [{"pageSize": "2MB", "limit": 9223372036854772000}],
          "network": {"classID": 1048577, "priorities": [{"name": "eth0", "priority": 500}]},
          "rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}, "mlx4_0": {"hcaObjects": 1}},
          "unified": {"memory.high": "1073741824"}
        },
        "sysctl": {"net.ipv4.ip_forward": "1"},
        "seccomp": {
          "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
          "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32"],
          "flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"],
          "listenerPath": "/run/listener", "listenerMetadata": "m",
          "syscalls": [
            {"names": ["getcwd", "chmod"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
              "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}
          ]
        },
        "rootfsPropagation": "slave", "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"],
        "mountLabel": "system_u:object_r:svirt_sandbox_file_t:s0",
        "intelRdt": {"closID": "guests", "l3CacheSchema": "L3:0=7f0", "memBwSchema": "MB:0=20", "enableCMT": true,
          "enableMBM": true},
        "personality": {"domain": "LINUX32", "flags": []}
      },
      "windows": {"ignored": true}
    }
    """#
