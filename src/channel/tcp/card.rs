//! The card a process gives to the wire-up: where it listens. Public, and
//! never believed further than for finding an address to try: who is really
//! there, the handshake decides.
//!
//! One line of printable ASCII without blanks, `=` or `;`, below 900 bytes,
//! as PMI takes it:
//! `1,<port>,<host identity>,<host name>,<address>/<prefix>,...`

use crate::secure::Network;
use crate::sys::host::{self, Interface};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Addresses on one card; hosts with more list the first ones, IPv4 before
/// IPv6.
const ADDRESSES_MAX: usize = 12;

/// Bytes of a card, as the tightest wire-up takes them.
pub const CARD_MAX: usize = 900;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub port: u16,
    /// [`host::identity`] of the process.
    pub identity: String,
    /// For messages to people.
    pub host: String,
    pub addresses: Vec<Interface>,
}

impl Card {
    /// The card of this process, listening on `port`, with the addresses that
    /// the policy leaves.
    pub fn own(port: u16, network: &Network) -> io::Result<Card> {
        let all = host::interfaces()?;
        let is_wanted = |name: &str, address: IpAddr| {
            network.interface.as_deref().is_none_or(|wanted| wanted == name)
                && network.subnet.is_none_or(|wanted| wanted.contains(address))
        };
        let addresses: Vec<Interface> = all
            .iter()
            .filter(|(name, interface)| is_wanted(name, interface.address))
            .map(|&(_, interface)| interface)
            .take(ADDRESSES_MAX)
            .collect();
        if addresses.is_empty() && *network != Network::default() {
            let list: Vec<String> = all
                .iter()
                .map(|(name, interface)| format!("{name} {}", interface.address))
                .collect();
            return Err(io::Error::other(format!(
                "no address of this host is what [network] in the policy asks for; it has: {}",
                list.join(", ")
            )));
        }
        Ok(Card { port, identity: host::identity(), host: host::name(), addresses })
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut text = format!("1,{},{},{}", self.port, self.identity, self.host);
        for interface in &self.addresses {
            let next = format!(",{}/{}", interface.address, interface.prefix_len);
            if text.len() + next.len() >= CARD_MAX {
                break;
            }
            text.push_str(&next);
        }
        text.into_bytes()
    }

    pub fn decode(bytes: &[u8]) -> Option<Card> {
        if bytes.len() >= CARD_MAX {
            return None;
        }
        let mut fields = std::str::from_utf8(bytes).ok()?.split(',');
        if fields.next()? != "1" {
            return None;
        }
        let port = fields.next()?.parse().ok()?;
        let identity = fields.next()?.to_owned();
        let host = fields.next()?.to_owned();
        let addresses = fields.map(interface).collect::<Option<Vec<_>>>()?;
        Some(Card { port, identity, host, addresses })
    }

    /// Where `self` may reach the process of `other`, the most promising
    /// address first: loopback within a host, then common subnets, then what
    /// has to be routed. An address that this host has too (container bridges
    /// are alike everywhere) would lead back here, and is left out.
    pub fn candidates(&self, other: &Card) -> Vec<SocketAddr> {
        let is_own = |address: IpAddr| self.addresses.iter().any(|own| own.address == address);
        let mut found: Vec<IpAddr> = Vec::new();
        if self.identity == other.identity {
            found.push(Ipv4Addr::LOCALHOST.into());
            found.extend(other.addresses.iter().map(|interface| interface.address));
        } else {
            let others = other.addresses.iter().map(|interface| interface.address);
            let (near, far): (Vec<_>, Vec<_>) = others
                .filter(|&address| !is_own(address))
                .partition(|&address| self.addresses.iter().any(|own| own.reaches(address)));
            found.extend(near);
            found.extend(far);
        }
        found.into_iter().map(|address| SocketAddr::new(address, other.port)).collect()
    }
}

fn interface(text: &str) -> Option<Interface> {
    let (address, prefix_len) = text.split_once('/')?;
    Some(Interface { address: address.parse().ok()?, prefix_len: prefix_len.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure::Subnet;

    fn card(identity: &str, addresses: &[&str]) -> Card {
        Card {
            port: 4000,
            identity: identity.to_owned(),
            host: "hosta".to_owned(),
            addresses: addresses.iter().map(|text| interface(text).unwrap()).collect(),
        }
    }

    fn ips(candidates: Vec<SocketAddr>) -> Vec<String> {
        candidates.iter().map(|address| address.ip().to_string()).collect()
    }

    #[test]
    fn a_card_survives_the_wire_up_and_stays_small() {
        let many: Vec<String> =
            (0..40).map(|n| format!("fd00:1111:2222:3333:4444:5555:6666:{n}/64")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let few = card("a-1-hosta", &["10.0.0.1/24", "fd00::1/64"]);
        assert_eq!(Card::decode(&few.encode()), Some(few));
        let bytes = card("a-1-hosta", &many).encode();
        assert!(bytes.len() < CARD_MAX);
        assert!(Card::decode(&bytes).unwrap().addresses.len() > 10);
        assert!(bytes.iter().all(|b| b.is_ascii_graphic() && !b"=; '\"".contains(b)));
        let own = Card::own(1, &Network::default()).unwrap();
        assert!(own.encode().len() < CARD_MAX);
    }

    #[test]
    fn the_policy_chooses_among_the_addresses() {
        let subnet = Subnet::parse("203.0.113.0/24");
        let error = Card::own(1, &Network { subnet, interface: None }).unwrap_err();
        assert!(error.to_string().contains("[network]"), "{error}");
        let all = host::interfaces().unwrap();
        if let Some((name, interface)) = all.first() {
            let network = Network { interface: Some(name.clone()), subnet: None };
            assert!(Card::own(1, &network).unwrap().addresses.contains(interface));
        }
    }

    #[test]
    fn rubbish_is_not_a_card() {
        for text in ["", "1", "2,1,a,b", "1,99999,a,b", "1,1,a,b,nowhere", "1,1,a,b,10.0.0.1/x"] {
            assert_eq!(Card::decode(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn addresses_are_tried_nearest_first_and_never_our_own() {
        let own = card("a", &["10.0.0.1/24", "172.17.0.1/16"]);
        let other = card("b", &["192.168.1.1/24", "172.17.0.1/16", "10.0.0.2/24"]);
        assert_eq!(ips(own.candidates(&other)), ["10.0.0.2", "192.168.1.1"]);
    }

    #[test]
    fn one_host_uses_loopback_but_two_namespaces_of_it_do_not() {
        let own = card("boot-4026531840-x", &["10.0.0.1/24"]);
        assert_eq!(ips(own.candidates(&own)), ["127.0.0.1", "10.0.0.1"]);
        let other = card("boot-4026532000-x", &["10.0.0.2/24"]);
        assert_eq!(ips(own.candidates(&other)), ["10.0.0.2"]);
    }
}
