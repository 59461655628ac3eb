//! The system's log: one datagram to `/dev/log`, where syslogd or journald
//! listens. Not through the C library's `syslog`, whose identity and options
//! are the program's own.

use std::os::unix::net::UnixDatagram;

/// Facility "daemon"; severity "warning" (RFC 5424, section 6.2.1).
const PRIORITY: u8 = 3 * 8 + 4;

/// Longest text of an entry.
const TEXT_LEN_MAX: usize = 1024;

/// Adds a line to the log. Whether anybody keeps it is not known: a host
/// without a log is no reason to end a job.
pub fn warn(text: &str) {
    warn_at("/dev/log", text);
}

fn warn_at(path: &str, text: &str) {
    let Ok(socket) = UnixDatagram::unbound() else { return };
    // A log that is full must not hold up a job.
    let _ = socket.set_nonblocking(true);
    let _ = socket.send_to(entry(text).as_bytes(), path);
}

fn entry(text: &str) -> String {
    let one_line = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().map(one_line).take(TEXT_LEN_MAX).collect();
    format!("<{PRIORITY}>mpi-secure[{}]: {text}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_entry_of_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = UnixDatagram::bind(&path).unwrap();
        warn_at(path.to_str().unwrap(), "refused\na stranger");
        let mut entry = [0; 200];
        let len = log.recv(&mut entry).unwrap();
        let entry = std::str::from_utf8(&entry[..len]).unwrap();
        let expected = format!("<28>mpi-secure[{}]: refused a stranger", std::process::id());
        assert_eq!(entry, expected);
        warn_at("/nowhere", "nobody hears this");
    }
}
