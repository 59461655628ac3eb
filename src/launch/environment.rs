//! Which variables ranks get. As Hydra does: all of the user's, except those
//! that describe the host, the login or the terminal `mpiexec` was typed on,
//! and those by which another launcher would claim the ranks. No secret
//! travels here: the policy is named by path and read on each host.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// True of this host, login or shell only.
const HOST: &[&str] = &[
    "_",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "HOST",
    "HOSTNAME",
    "OLDPWD",
    "PWD",
    "SHLVL",
    "STY",
    "TMPDIR",
    "TMUX",
    "TMUX_PANE",
    "WAYLAND_DISPLAY",
    "WINDOWID",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_ID",
];
const HOST_PREFIXES: &[&str] = &["SSH_"];

/// Another launcher's word to its ranks, left over when `mpiexec` runs inside
/// its job.
const LAUNCHER: &[&str] = &[
    "HYDI_CONTROL_FD",
    "MPI_APPNUM",
    "MPI_LOCALNRANKS",
    "MPI_LOCALRANKID",
    "MPI_UNIVERSE_SIZE",
    "OMPI_UNIVERSE_SIZE",
    "PRTE_LAUNCHED",
];
const LAUNCHER_PREFIXES: &[&str] =
    &["OMPI_COMM_WORLD_", "OMPI_MCA_ess_", "OMPI_MCA_orte_", "PMIX_", "PMI_"];

pub type Variable = (Vec<u8>, Vec<u8>);

/// Whether a rank that runs on the host of `mpiexec` may have the variable.
/// Ranks there get the agent's environment, less these.
pub fn is_another_launchers(name: &[u8]) -> bool {
    matches(name, LAUNCHER, LAUNCHER_PREFIXES)
}

fn is_of_this_host(name: &[u8]) -> bool {
    matches(name, HOST, HOST_PREFIXES)
}

fn matches(name: &[u8], names: &[&str], prefixes: &[&str]) -> bool {
    names.iter().any(|known| known.as_bytes() == name)
        || prefixes.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
}

/// The variables to send along: those of `environment` that may go, then
/// those the user asked for by name.
pub fn forwarded(
    environment: impl Iterator<Item = (OsString, OsString)>,
    asked: &[Variable],
) -> Vec<Variable> {
    let mut variables: Vec<Variable> = environment
        .map(|(name, value)| (name.into_vec(), value.into_vec()))
        .filter(|(name, _)| !is_of_this_host(name) && !is_another_launchers(name))
        .filter(|(name, _)| !asked.iter().any(|(other, _)| other == name))
        .collect();
    variables.extend_from_slice(asked);
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str, value: &str) -> Variable {
        (name.into(), value.into())
    }

    #[test]
    fn users_variables_go_along_and_this_hosts_stay() {
        let here = [
            "HOME=/root",
            "HOSTNAME=a",
            "SSH_TTY=/dev/pts/0",
            "PMI_FD=5",
            "PMIX_RANK=0",
            "OMPI_COMM_WORLD_SIZE=2",
            "MPI_SECURE_CONFIG=/p",
            "A=1",
            "OMPI_MCA_btl=self",
        ];
        let here = here.map(|pair| pair.split_once('=').expect("a pair"));
        let here = here.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let gone = forwarded(here.into_iter(), &[variable("A", "2"), variable("DISPLAY", ":1")]);
        assert_eq!(
            gone,
            [
                variable("HOME", "/root"),
                variable("MPI_SECURE_CONFIG", "/p"),
                variable("OMPI_MCA_btl", "self"),
                variable("A", "2"),
                variable("DISPLAY", ":1"),
            ]
        );
    }
}
