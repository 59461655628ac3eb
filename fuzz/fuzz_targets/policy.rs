//! The text of a policy: an error with a line, or a policy. Never a panic, and
//! never a key in a message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mpisecure::secure::Policy;
use mpisecure::sys::policy_file::LockedFile;
use zeroize::Zeroizing;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // No path out of a folder that is not there: the files of this machine are not
    // to be read, nor its libraries loaded as modules.
    if ["\"/", "'/", "\n/", "../", "\\"].iter().any(|way| text.contains(way)) {
        return;
    }
    let file = |text: &str| LockedFile {
        path: "/nowhere/mpi-secure.toml".into(),
        text: Zeroizing::new(text.to_owned()),
        mode: 0o600,
    };
    let site = file("[security]\ncipher = \"aes-128-gcm\"\n[link]\nrekey_frames = 1000\n");
    for policy in [Policy::parse(&file(text)), Policy::parse_both(Some(&file(text)), Some(&site))] {
        match policy {
            Ok(policy) => drop(policy.to_string()),
            Err(error) => assert!(!error.to_string().contains('\n')),
        }
    }
});
