//! What a reader may do: read. Files lie, and whoever takes a reader over by one must not find more than the files.
//!
//! Landlock (since Linux 5.13) takes away all writing and TCP, on every processor; seccomp takes away new sockets and programs on
//! 64-bit Arm and x86. What the kernel does not know is not done: a reader without it is better than none.

use crate::limits::READER_MEMORY;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::set_no_new_privs;

/// Gives up all rights but those that reading takes. Returns what it may still do, and why, to complete a sentence; the box tells
/// the owner once.
pub(super) fn give_up() -> Vec<String> {
    // The memory that it fills: the addresses that it reserves (RLIMIT_AS) are many more.
    let most = Rlimit { current: Some(READER_MEMORY), maximum: Some(READER_MEMORY) };
    let bounded = setrlimit(Resource::Data, most).map_err(|error| error.to_string());
    let confined = set_no_new_privs(true).map_err(|error| error.to_string());
    let results = [
        ("fill all memory", bounded),
        ("gain rights", confined),
        ("write files", read_only()),
        ("open sockets", seccomp::apply()),
    ];
    let kept = results.into_iter().filter_map(|(what, done)| Some((what, done.err()?)));
    kept.map(|(what, why)| format!("{what}: this cannot be denied to them here ({why})")).collect()
}

fn read_only() -> Result<(), String> {
    match landlock() {
        Ok(RulesetStatus::NotEnforced) => Err("the kernel has no Landlock".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn landlock() -> Result<RulesetStatus, Box<dyn core::error::Error>> {
    let abi = ABI::V5;
    let all = PathFd::new("/")?;
    let rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .create()?;
    let rules = rules.add_rule(PathBeneath::new(all, AccessFs::ReadFile | AccessFs::ReadDir))?;
    Ok(rules.restrict_self()?.ruleset)
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod seccomp {
    pub(super) fn apply() -> Result<(), String> {
        Err("this processor is not known to seccompiler".to_owned())
    }
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod seccomp {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};

    /// Calls that fail: the reader makes none of them.
    const REFUSED: [i64; 7] = [
        libc::SYS_socket,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_kill,
    ];

    const MACHINE: TargetArch =
        if cfg!(target_arch = "x86_64") { TargetArch::x86_64 } else { TargetArch::aarch64 };

    pub(super) fn apply() -> Result<(), String> {
        let refused = REFUSED.into_iter().map(|call| (call, Vec::new())).collect();
        let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        let filter = SeccompFilter::new(refused, SeccompAction::Allow, refuse, MACHINE);
        let program = filter.and_then(BpfProgram::try_from).map_err(|error| error.to_string())?;
        apply_filter(&program).map_err(|error| error.to_string())
    }
}
