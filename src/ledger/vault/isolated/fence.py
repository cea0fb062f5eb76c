"""What a child may still do once it holds a document: compute, take memory within its limit, and speak over its socket.

Limits of the kernel (setrlimit) are set everywhere. On Linux (x86-64, arm64) a filter of system calls (seccomp) is set
as well, by which it can open no file, connect to nothing, start, trace or signal no process: not the gateway's either,
whose account it shares. Where the kernel has no such filter, the limits alone hold.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import resource
import signal
import struct
import sys
from typing import Final

CPU_SECONDS: Final = 10
MOST_DESCRIPTORS: Final = 32

# By the kernel's tables (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h): read, write,
# close, fstat, poll, lseek, mmap, mprotect, munmap, brk, the signals' own (rt_sigaction, rt_sigprocmask, rt_sigreturn,
# sigaltstack), pread64, sched_yield, mremap, madvise, getpid, sendto, recvfrom, exit, gettimeofday, gettid, sysinfo,
# futex, restart_syscall, clock_gettime, clock_getres, exit_group, getrandom, membarrier, rseq.
_X86_64: Final = (
    *(0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 131, 17, 24, 25, 28, 39, 44, 45, 60, 96, 99, 186, 202),
    *(219, 228, 229, 231, 318, 324, 334),
)
_ARM64: Final = (
    *(63, 64, 57, 80, 73, 62, 222, 226, 215, 214, 134, 135, 139, 132, 67, 124, 216, 233, 172, 206, 207, 93, 169, 179),
    *(178, 98, 128, 113, 114, 94, 278, 283, 293),
)
_MACHINES: Final = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _ARM64)}

_INSTRUCTION: Final = struct.Struct("=HBBI")  # struct sock_filter: code, jump if true, jump if false, operand
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_SET_SECCOMP, _FILTER, _NO_NEW_PRIVILEGES = 22, 2, 38


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def limit(*, memory_mib: int, seconds: float) -> None:
    """For the rest of this process: memory, processor, files, and an alarm that ends it."""
    memory = memory_mib * 1024 * 1024
    wanted = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: MOST_DESCRIPTORS,
    }
    for of, most in wanted.items():
        try:
            resource.setrlimit(of, (most, most))
        except (OSError, ValueError):
            if sys.platform == "linux":  # elsewhere not every limit can be set (macOS: of addresses)
                raise
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def close_in() -> bool:
    """Set the filter of system calls, for ever; False where this kernel has none that we know."""
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return False
    instructions = _filter(*_MACHINES[platform.machine()])
    program = _Program(len(instructions) // _INSTRUCTION.size, instructions)
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return not kernel.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)


def _filter(machine: int, allowed: tuple[int, ...]) -> bytes:
    """The classic BPF program: another machine's call kills, one on the list passes, any other answers EPERM."""
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    for ahead, number in zip(range(len(allowed), 0, -1), allowed, strict=True):
        program.append((_EQUAL, ahead, 0, number))
    program += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in program)
