//! Who is measured: ours under several policies, the stock libraries, and what one
//! would bolt onto them for encryption.

use super::stock::{self, Stock};

/// Decides in which scenes a competitor takes part (see [`super::scene::Field`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Ours as it is meant to be used: the one that targets are about.
    Ours,
    /// Ours without any protection: the cost of encryption alone shows against it.
    Bare,
    /// Ours with another cipher suite.
    Suite,
    /// Ours, sealing within the host as well.
    SealedWithin,
    /// Ours with a policy that seals one communicator.
    CouplerOnly,
    Stock,
    /// A bare socket, and encryption that is not MPI's own.
    Alternative,
}

/// How it is run.
#[derive(Clone, Copy, Debug)]
pub enum Means {
    /// Our library under a policy of this text and a key.
    Ours {
        policy: &'static str,
    },
    Stock(&'static Stock),
    /// A stock library whose TCP goes through WireGuard in user space.
    WireGuard(&'static Stock),
    Socket {
        waiting: Waiting,
        through: Through,
    },
}

/// How `bench/socket.c` waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    Spin,
    Block,
}

/// What a bare socket's bytes pass through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    Nothing,
    Stunnel,
}

#[derive(Debug)]
pub struct Competitor {
    pub name: &'static str,
    pub role: Role,
    pub means: Means,
}

const fn ours(name: &'static str, role: Role, policy: &'static str) -> Competitor {
    Competitor { name, role, means: Means::Ours { policy } }
}

const fn plain(name: &'static str, stock: &'static Stock) -> Competitor {
    Competitor { name, role: Role::Stock, means: Means::Stock(stock) }
}

const fn alternative(name: &'static str, means: Means) -> Competitor {
    Competitor { name, role: Role::Alternative, means }
}

const NOTHING: &str = "[security]\ncipher = \"none\"\nintegrity = \"none\"\nweak = \"allow\"\nplaintext = \"allow\"\n";
const COUPLER: &str = "[security]\ncipher = \"none\"\nintegrity = \"none\"\nweak = \"allow\"\n\
                       plaintext = \"allow\"\n[[policy.rule]]\ncommunicator = \"coupler*\"\n\
                       use = \"aes-256-gcm\"\n";

pub const OURS: &str = "ours, aes-256-gcm";
pub const BARE: &str = "ours, none";
pub const COUPLER_ONLY: &str = "ours, coupler sealed";
pub const WIREGUARD: &str = "WireGuard";
pub const RAW_SPINNING: &str = "socket, spinning";

pub const COMPETITORS: &[Competitor] = &[
    ours(OURS, Role::Ours, "[security]\ncipher = \"aes-256-gcm\"\n"),
    ours(BARE, Role::Bare, NOTHING),
    ours("ours, aes-128-gcm", Role::Suite, "[security]\ncipher = \"aes-128-gcm\"\n"),
    ours("ours, chacha20-poly1305", Role::Suite, "[security]\ncipher = \"chacha20-poly1305\"\n"),
    ours("ours, aegis-128l", Role::Suite, "[security]\ncipher = \"aegis-128l\"\n"),
    ours(
        "ours, sealed within",
        Role::SealedWithin,
        "[security]\ncipher = \"aes-256-gcm\"\n[policy]\nwithin_host = \"encrypt\"\n",
    ),
    ours(COUPLER_ONLY, Role::CouplerOnly, COUPLER),
    plain("MPICH 4", &stock::MPICH_4),
    plain("Open MPI 4", &stock::OPEN_MPI_4),
    plain("MPICH 5 ofi", &stock::MPICH_5_OFI),
    plain("MPICH 5 ucx", &stock::MPICH_5_UCX),
    plain("Open MPI 5", &stock::OPEN_MPI_5),
    plain("Intel MPI", &stock::INTEL),
    alternative(WIREGUARD, Means::WireGuard(&stock::MPICH_4)),
    alternative(RAW_SPINNING, socket(Waiting::Spin, Through::Nothing)),
    alternative("socket, blocking", socket(Waiting::Block, Through::Nothing)),
    alternative("socket, TLS by stunnel", socket(Waiting::Spin, Through::Stunnel)),
];

const fn socket(waiting: Waiting, through: Through) -> Means {
    Means::Socket { waiting, through }
}

impl Competitor {
    pub fn is_ours(&self) -> bool {
        matches!(self.means, Means::Ours { .. })
    }

    /// Whether it is only there with `--wheels`.
    pub fn needs_wheels(&self) -> bool {
        matches!(self.means, Means::Stock(stock) if stock.is_wheel())
    }

    /// Version and settings, for the results.
    pub fn describe(&self) -> String {
        match self.means {
            Means::Ours { policy } => {
                format!("this commit; `{}`", policy.trim().replace('\n', " "))
            }
            Means::Stock(stock) => {
                format!("{}, in plaintext; {}", stock.version(), stock.settings())
            }
            Means::WireGuard(stock) => format!(
                "{} over Debian's `wireguard-go` in both hosts, MTU 1420; `UCX_NET_DEVICES=wg0`",
                stock.version()
            ),
            Means::Socket { waiting, through } => {
                let waiting = match waiting {
                    Waiting::Spin => "asking again and again",
                    Waiting::Block => "sleeping in the kernel",
                };
                let through = match through {
                    Through::Nothing => "TCP in plaintext",
                    Through::Stunnel => "Debian's `stunnel4` at both ends, TLS 1.3, AES-256-GCM",
                };
                format!("`bench/socket.c`, {waiting}: {through}")
            }
        }
    }
}

/// The competitor of this name.
pub fn named(name: &str) -> Option<&'static Competitor> {
    COMPETITORS.iter().find(|who| who.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_competitor_has_a_name_of_its_own_and_the_targets_find_theirs() {
        let names: std::collections::BTreeSet<_> = COMPETITORS.iter().map(|who| who.name).collect();
        assert_eq!(names.len(), COMPETITORS.len());
        for name in [OURS, BARE, COUPLER_ONLY, WIREGUARD, RAW_SPINNING] {
            assert!(named(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_library_s_settings_are_told_as_they_are_used() {
        let told = named("Open MPI 5").unwrap().describe();
        assert!(told.contains("`btl=self,sm,tcp`"), "{told}");
        assert!(told.contains("`mpi_yield_when_idle=1`"), "{told}");
    }
}
