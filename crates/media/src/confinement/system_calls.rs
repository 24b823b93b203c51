//! The system calls that a child may not make: those that reach the network, other processes or the kernel's inside.

use std::collections::BTreeMap;
use std::io;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

/// Calls that fail with "not permitted".
const REFUSED: [i64; 18] = [
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_io_uring_setup, // it could open sockets around this filter
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_mount,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_pidfd_getfd,
];
/// Bit that marks the calls of programs with short pointers, which the same kernel serves on x86-64.
const SHORT_POINTERS: i64 = 0x4000_0000;

/// Give up these calls for this thread and all that it starts.
pub(super) fn without_network() -> io::Result<()> {
    let other = |error: seccompiler::BackendError| io::Error::other(error);
    let processor = TargetArch::try_from(std::env::consts::ARCH).map_err(other)?;
    let numbers = REFUSED
        .iter()
        .flat_map(|call| [*call, call | SHORT_POINTERS]);
    let rules: BTreeMap<i64, Vec<_>> = numbers.map(|call| (call, Vec::new())).collect();
    let refuse = SeccompAction::Errno(libc::EPERM as u32);
    let filter =
        SeccompFilter::new(rules, SeccompAction::Allow, refuse, processor).map_err(other)?;
    let program = BpfProgram::try_from(filter).map_err(other)?;
    apply_filter(&program).map_err(io::Error::other)
}
