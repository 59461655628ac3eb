//! Facts about the machine this process runs on: which host and network
//! namespace it is, its network addresses, how many processors it may use.

use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use nix::sys::socket::{SockaddrLike, SockaddrStorage};
use std::fs;
use std::io;
use std::net::IpAddr;

/// Says whether two processes reach each other over `127.0.0.1`: boot id, inode
/// of the network namespace, host name. The inode tells two namespaces of one
/// machine apart; the name tells two virtual machines resumed from one
/// snapshot apart, which share both of the others. One word of letters, digits
/// and `-`.
pub fn identity() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/net").unwrap_or_default();
    let inode: String = namespace.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    format!("{}-{inode}-{}", boot.trim().replace('-', ""), name())
}

/// The host's name, with anything but letters, digits, `.` and `-` dropped, at
/// most 64 bytes; for people to read, never to decide anything alone.
pub fn name() -> String {
    let name = nix::unistd::gethostname().unwrap_or_default();
    let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let name: String = name.to_string_lossy().chars().filter(kept).take(64).collect();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

/// Processors this process may run on.
pub fn cpu_count() -> usize {
    // SAFETY: an all-zero cpu_set_t is a valid, empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: `set` is ours and exactly as long as we say; 0 is this thread.
    let outcome = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set) };
    if outcome == 0 {
        // SAFETY: the set was filled in just above.
        let count = unsafe { libc::CPU_COUNT(&set) };
        return count.max(1) as usize;
    }
    // More than 1024 processors: the set above is too small for the kernel.
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Processors of this host that are switched on, whoever may use them.
pub fn processors_online() -> usize {
    let online = nix::unistd::sysconf(nix::unistd::SysconfVar::_NPROCESSORS_ONLN);
    online.ok().flatten().map_or(1, |count| count.max(1) as usize)
}

/// One address of this host and the subnet it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    pub address: IpAddr,
    pub prefix_len: u8,
}

impl Interface {
    /// True when `address` lies in this interface's subnet.
    pub fn reaches(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = u32::from(own) ^ u32::from(other);
                differing.leading_zeros() >= u32::from(self.prefix_len)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = u128::from(own) ^ u128::from(other);
                differing.leading_zeros() >= u32::from(self.prefix_len)
            }
            _ => false,
        }
    }
}

/// The addresses other hosts may reach this one at, each with the name of its
/// interface: of interfaces that are up, without loopback and link-local ones,
/// IPv4 first.
pub fn interfaces() -> io::Result<Vec<(String, Interface)>> {
    let mut found: Vec<(String, Interface)> = getifaddrs()?
        .filter(|entry| entry.flags.contains(InterfaceFlags::IFF_UP))
        .filter_map(|entry| {
            let address = ip(&entry.address?)?;
            let prefix_len = entry.netmask.as_ref().and_then(ip).map_or(128, leading_ones);
            Some((entry.interface_name, Interface { address, prefix_len }))
        })
        .filter(|(_, interface)| is_routable(interface.address))
        .collect();
    found.sort_by_key(|(_, interface)| interface.address.is_ipv6());
    found.dedup();
    Ok(found)
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    address.family()?;
    if let Some(v4) = address.as_sockaddr_in() {
        return Some(IpAddr::V4(v4.ip()));
    }
    address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip()))
}

fn leading_ones(mask: IpAddr) -> u8 {
    match mask {
        IpAddr::V4(mask) => u32::from(mask).leading_ones() as u8,
        IpAddr::V6(mask) => u128::from(mask).leading_ones() as u8,
    }
}

fn is_routable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_link_local() && !v4.is_unspecified(),
        IpAddr::V6(v6) => {
            !v6.is_loopback() && !v6.is_unspecified() && v6.segments()[0] & 0xffc0 != 0xfe80
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_holds_its_own_addresses_and_no_others() {
        let interface = Interface { address: "10.1.2.3".parse().unwrap(), prefix_len: 24 };
        assert!(interface.reaches("10.1.2.250".parse().unwrap()));
        assert!(!interface.reaches("10.1.3.3".parse().unwrap()));
        assert!(!interface.reaches("fd00::1".parse().unwrap()));
        let point = Interface { address: "10.1.2.3".parse().unwrap(), prefix_len: 32 };
        assert!(!point.reaches("10.1.2.4".parse().unwrap()));
    }

    #[test]
    fn this_host_has_an_identity_and_a_processor() {
        assert_eq!(identity(), identity());
        assert!(identity().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')));
        assert!(cpu_count() >= 1);
        interfaces().unwrap();
    }
}
