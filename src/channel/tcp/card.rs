//! The card a process gives to the wire-up: where it listens. Public, and
//! never believed further than for finding an address to try: who is really
//! there, the handshake decides.
//!
//! One line of printable ASCII without blanks, `=` or `;`, below 900 bytes,
//! as PMI takes it:
//! `1,<port>,<host identity>,<host name>,@<local name>,<address>/<prefix>,...`,
//! without `@<local name>` where processes of the same host are to use TCP too.

use super::socket::Address;
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
    /// Where hosts have certificates, the one that the peer's must be for;
    /// otherwise for messages to people.
    pub host: String,
    /// The name of the Unix socket for processes of the same host.
    pub local: Option<String>,
    pub addresses: Vec<Interface>,
}

impl Card {
    /// The card of this process, listening on `port` and under the name
    /// `local`, with the addresses that the policy leaves.
    pub fn own(port: u16, local: Option<String>, network: &Network) -> io::Result<Card> {
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
        let (identity, host) = (host::identity(), host::name());
        Ok(Card { port, identity, host, local, addresses })
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut text = format!("1,{},{},{}", self.port, self.identity, self.host);
        if let Some(local) = &self.local {
            text.push_str(&format!(",@{local}"));
        }
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
        let mut fields = std::str::from_utf8(bytes).ok()?.split(',').peekable();
        if fields.next()? != "1" {
            return None;
        }
        let port = fields.next()?.parse().ok()?;
        let identity = fields.next()?.to_owned();
        let host = fields.next().filter(|host| !host.is_empty())?.to_owned();
        let local = fields.next_if(|field| field.starts_with('@'));
        let local = local.map(|field| field[1..].to_owned());
        let addresses = fields.map(interface).collect::<Option<Vec<_>>>()?;
        Some(Card { port, identity, host, local, addresses })
    }

    /// Where `self` may reach the process of `other`, the most promising
    /// address first: within a host its Unix socket, then loopback; then common
    /// subnets, then what has to be routed. An address that this host has too
    /// (container bridges are alike everywhere) would lead back here, and is
    /// left out.
    pub fn candidates(&self, other: &Card) -> Vec<Address> {
        let is_own = |address: IpAddr| self.addresses.iter().any(|own| own.address == address);
        let mut found: Vec<IpAddr> = Vec::new();
        let mut local = None;
        if self.identity == other.identity {
            // Whether it can be reached, the attempt tells: two containers may
            // look like one host.
            local = self.local.as_ref().and(other.local.clone()).map(Address::Local);
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
        let network = |address| Address::Network(SocketAddr::new(address, other.port));
        local.into_iter().chain(found.into_iter().map(network)).collect()
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
            local: None,
            addresses: addresses.iter().map(|text| interface(text).unwrap()).collect(),
        }
    }

    fn ips(candidates: Vec<Address>) -> Vec<String> {
        let ip = |address: &Address| match address {
            Address::Network(address) => address.ip().to_string(),
            Address::Local(name) => format!("@{name}"),
        };
        candidates.iter().map(ip).collect()
    }

    #[test]
    fn a_card_survives_the_wire_up_and_stays_small() {
        let many: Vec<String> =
            (0..40).map(|n| format!("fd00:1111:2222:3333:4444:5555:6666:{n}/64")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let mut few = card("a-1-hosta", &["10.0.0.1/24", "fd00::1/64"]);
        assert_eq!(Card::decode(&few.encode()).as_ref(), Some(&few));
        few.local = Some("mpi-secure-0123".to_owned());
        assert_eq!(Card::decode(&few.encode()), Some(few));
        let bytes = card("a-1-hosta", &many).encode();
        assert!(bytes.len() < CARD_MAX);
        assert!(Card::decode(&bytes).unwrap().addresses.len() > 10);
        assert!(bytes.iter().all(|b| b.is_ascii_graphic() && !b"=; '\"".contains(b)));
        let own = Card::own(1, Some("n".into()), &Network::default()).unwrap();
        assert!(own.encode().len() < CARD_MAX);
    }

    #[test]
    fn the_policy_chooses_among_the_addresses() {
        let subnet = Subnet::parse("203.0.113.0/24");
        let error = Card::own(1, None, &Network { subnet, interface: None }).unwrap_err();
        assert!(error.to_string().contains("[network]"), "{error}");
        let all = host::interfaces().unwrap();
        if let Some((name, interface)) = all.first() {
            let network = Network { interface: Some(name.clone()), subnet: None };
            assert!(Card::own(1, None, &network).unwrap().addresses.contains(interface));
        }
    }

    #[test]
    fn rubbish_is_not_a_card() {
        assert!(Card::decode(b"1,1,a,b").is_some());
        for text in
            ["", "1", "2,1,a,b", "1,99999,a,b", "1,1,a,", "1,1,a,b,nowhere", "1,1,a,b,10.0.0.1/x"]
        {
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

    #[test]
    fn the_local_name_comes_first_within_a_host_where_both_have_one() {
        let with =
            |identity, name: &str| Card { local: Some(name.to_owned()), ..card(identity, &[]) };
        assert_eq!(ips(with("a", "me").candidates(&with("a", "you"))), ["@you", "127.0.0.1"]);
        assert_eq!(ips(with("a", "me").candidates(&with("b", "you"))), [""; 0]);
        assert_eq!(ips(with("a", "me").candidates(&card("a", &[]))), ["127.0.0.1"]);
        assert_eq!(ips(card("a", &[]).candidates(&with("a", "you"))), ["127.0.0.1"]);
    }
}
