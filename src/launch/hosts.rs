//! Where ranks run: host lists, host files, and the placement of ranks on
//! slots. Pure text and numbers, but for the question whether a name means
//! this machine.

use std::net::{IpAddr, UdpSocket};

/// A host and how many ranks it takes before the next host's turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    pub name: String,
    pub slots: u32,
}

/// `a:2,b:2` or `a,b`; a host that is named twice has the sum of its slots.
pub fn parse_list(text: &str) -> Result<Vec<Host>, String> {
    let mut hosts = Vec::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        add(&mut hosts, item, None)?;
    }
    if hosts.is_empty() { Err(format!("{text:?} names no host")) } else { Ok(hosts) }
}

/// Lines `host`, `host:slots` or `host slots=N`; `#` begins a comment.
pub fn parse_file(path: &str, text: &str) -> Result<Vec<Host>, String> {
    let mut hosts = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split('#').next().unwrap_or("").split_whitespace();
        let Some(host) = words.next() else { continue };
        let at = |message: String| format!("{path}, line {number}: {message}");
        let mut slots = None;
        for word in words {
            // Other launchers' words (max_slots=, user=, binding=) say nothing
            // about where ranks go.
            if let Some(value) = word.strip_prefix("slots=") {
                let value = value.parse().map_err(|_| at(format!("{word:?} is not slots=N")))?;
                slots = Some(value);
            }
        }
        add(&mut hosts, host, slots).map_err(at)?;
    }
    if hosts.is_empty() { Err(format!("{path} names no host")) } else { Ok(hosts) }
}

fn add(hosts: &mut Vec<Host>, item: &str, slots: Option<u32>) -> Result<(), String> {
    let (name, count) = split_slots(item);
    let slots = match (slots, count) {
        (Some(slots), _) => slots,
        (None, Some(count)) => {
            count.parse().map_err(|_| format!("{count:?} in {item:?} is not a number of slots"))?
        }
        (None, None) => 1,
    };
    // A name that begins with a dash would be an option of ssh.
    if name.is_empty() || name.starts_with('-') {
        return Err(format!("{item:?} is not a host name"));
    }
    if slots == 0 || slots > 1 << 20 {
        return Err(format!("{item:?} has {slots} slots, outside 1..=1048576"));
    }
    match hosts.iter_mut().find(|host| host.name == name) {
        Some(host) => host.slots += slots,
        None => hosts.push(Host { name: name.to_string(), slots }),
    }
    Ok(())
}

/// The colon of `host:2`; an IPv6 address has more of them and stands in
/// brackets when slots follow.
fn split_slots(item: &str) -> (&str, Option<&str>) {
    if let Some(rest) = item.strip_prefix('[')
        && let Some((address, after)) = rest.split_once(']')
    {
        return (address, after.strip_prefix(':'));
    }
    if item.matches(':').count() > 1 {
        return (item, None);
    }
    match item.split_once(':') {
        Some((name, count)) => (name, Some(count)),
        None => (item, None),
    }
}

/// Index of the host of each of `size` ranks: each host's slots in turn, and
/// from the first host again when there are more ranks than slots.
pub fn place(hosts: &[Host], size: u32) -> Vec<u32> {
    let mut places = Vec::with_capacity(size as usize);
    while places.len() < size as usize {
        for (index, host) in (0..).zip(hosts) {
            let room = (size as usize - places.len()).min(host.slots as usize);
            places.extend(std::iter::repeat_n(index, room));
        }
    }
    places
}

/// Whether `name` means this machine, so that no ssh is needed.
pub fn is_here(name: &str, hostname: &str) -> bool {
    let short = |name: &str| name.split('.').next().unwrap_or("").to_string();
    if name == "localhost" || name == hostname {
        return true;
    }
    if let Ok(address) = name.parse::<IpAddr>() {
        // An address can be bound only where it belongs. Of the loopback
        // network only the usual ones are meant as "here": the rest stands for
        // other hosts in trials on one machine.
        return match address.is_loopback() {
            true => name == "127.0.0.1" || name == "::1",
            false => !address.is_unspecified() && UdpSocket::bind((address, 0)).is_ok(),
        };
    }
    // node1 and node1.cluster are one machine, node1.a and node1.b are not.
    short(name) == short(hostname) && (name.contains('.') != hostname.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, slots: u32) -> Host {
        Host { name: name.to_string(), slots }
    }

    #[test]
    fn list_takes_slots_addresses_and_repeats() {
        assert_eq!(parse_list("a:2,b").unwrap(), [host("a", 2), host("b", 1)]);
        assert_eq!(parse_list("a,b,a:3").unwrap(), [host("a", 4), host("b", 1)]);
        assert_eq!(parse_list("[fe80::1]:2,::1").unwrap(), [host("fe80::1", 2), host("::1", 1)]);
        for wrong in ["", ",", "a:0", "a:x", ":2", "-oProxyCommand=x", "a:99999999999"] {
            assert!(parse_list(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn host_file_takes_both_spellings_and_names_the_wrong_line() {
        let text = "# the cluster\n\na:2\nb slots=3 max_slots=4  # fat\nc\n";
        assert_eq!(parse_file("f", text).unwrap(), [host("a", 2), host("b", 3), host("c", 1)]);
        assert!(parse_file("f", "a\nb slots=two\n").unwrap_err().contains("f, line 2"));
        assert!(parse_file("f", "# nobody\n").unwrap_err().contains("names no host"));
    }

    #[test]
    fn ranks_fill_slots_and_begin_again_when_there_are_too_many() {
        let hosts = [host("a", 2), host("b", 1)];
        assert_eq!(place(&hosts, 3), [0, 0, 1]);
        assert_eq!(place(&hosts, 5), [0, 0, 1, 0, 0]);
        assert_eq!(place(&hosts, 1), [0]);
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for name in ["localhost", "127.0.0.1", "node1", "node1.cluster"] {
            assert!(is_here(name, "node1"), "{name}");
        }
        for name in ["node2", "127.0.0.2", "node1x", "192.0.2.7"] {
            assert!(!is_here(name, "node1"), "{name}");
        }
        assert!(!is_here("node1.b", "node1.a"));
    }
}
