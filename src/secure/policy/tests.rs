//! What policies say, and what is said about wrong ones.

use super::*;
use crate::secure::ClusterKey;
use crate::secure::padding::Padding;
use std::path::Path;
use zeroize::Zeroizing;

const KEY: &str =
    "[key]\nhex = \"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"\n";

fn file(text: &str) -> LockedFile {
    let path = PathBuf::from("/somewhere/mpi-secure.toml");
    LockedFile { path, text: Zeroizing::new(text.to_owned()), mode: 0o600 }
}

fn policy(text: &str) -> Policy {
    Policy::parse(&file(&format!("{text}\n{KEY}"))).unwrap()
}

/// The error of a policy without key, which comes before the lack of the key.
fn error(text: &str) -> PolicyError {
    Policy::parse(&file(text)).err().expect("an error")
}

fn site_error(user: &str, site: &str) -> PolicyError {
    let mut site = file(&format!("{site}\n{KEY}"));
    site.path = PathBuf::from("/etc/mpi-secure/mpi-secure.toml");
    Policy::parse_both(Some(&file(user)), Some(&site)).err().expect("an error")
}

#[test]
fn a_key_alone_is_a_policy_with_the_strictest_usual_values() {
    let policy = policy("");
    assert_eq!(policy.suite(), "aes-256-gcm");
    assert_eq!(policy.limits, RekeyLimits::MAX);
    assert_eq!(*policy.network(), Network::default());
}

#[test]
fn every_key_takes_effect() {
    let policy = policy(
        "[security]\ncipher = \"chacha20-poly1305\"\n[link]\nrekey_bytes = 0x10_0000\n\
         rekey_frames = 1000\nconnect_timeout_ms = 500\nhandshake_timeout_ms = 600\n\
         [network]\ninterface = \"eth0\"\nsubnet = \"10.1.0.0/16\"",
    );
    let link = policy.link();
    assert_eq!(policy.suite(), "chacha20-poly1305");
    assert_eq!(link.terms.limits, RekeyLimits { bytes: 1 << 20, frames: 1000 });
    assert_eq!(link.connect_timeout, Duration::from_millis(500));
    assert_eq!(link.handshake_timeout, Duration::from_millis(600));
    assert_eq!(policy.network().interface.as_deref(), Some("eth0"));
    assert_eq!(policy.network().subnet, Subnet::parse("10.1.0.0/16"));
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_keys_that_exist() {
    let error = error("[security]\n\nciphre = \"aes-256-gcm\"\n");
    assert_eq!((error.fault, error.line), (PolicyFault::UnknownKey, Some(3)));
    let message = error.to_string();
    assert!(message.contains("/somewhere/mpi-secure.toml:3: [security] has no key `ciphre`"));
    assert!(message.contains("its keys are cipher"), "{message}");
}

#[test]
fn unknown_sections_and_keys_outside_a_section_are_refused() {
    for text in ["[polish]\nwithin_host = \"none\"", "cipher = \"aes-256-gcm\"", "[a.b]\nc = 1"] {
        assert_eq!(error(text).fault, PolicyFault::UnknownKey, "{text}");
    }
    assert_eq!(error("security = 1").fault, PolicyFault::Value);
    assert_eq!(error("[security.cipher]\nx = 1").fault, PolicyFault::Value);
}

#[test]
fn a_key_given_twice_is_refused_with_its_line() {
    let error = error("[security]\ncipher = \"aes-256-gcm\"\ncipher = \"aes-128-gcm\"\n");
    assert_eq!((error.fault, error.line), (PolicyFault::Syntax, Some(3)));
}

#[test]
fn every_suite_can_be_named_and_what_is_weak_needs_consent() {
    use crate::secure::suite::all;
    for suite in all() {
        let (cipher, integrity) = (suite.cipher_name(), suite.integrity_name());
        let said = format!("[security]\ncipher = \"{cipher}\"\nintegrity = \"{integrity}\"\n");
        let weak = suite.weakness().map(|_| "weak = \"allow\"\n");
        let plaintext = (!suite.hides()).then_some("plaintext = \"allow\"\n");
        let consents: Vec<&str> = weak.into_iter().chain(plaintext).collect();
        assert_eq!(policy(&format!("{said}{}", consents.concat())).suite(), suite.name());
        // Each consent is needed, and not given by the other one.
        for missing in 0..consents.len() {
            let mut given = consents.clone();
            let needed = given.remove(missing).trim_end();
            let error = error(&format!("{said}{}{KEY}", given.concat()));
            assert_eq!((error.fault, error.line), (PolicyFault::Weak, Some(3)), "{error}");
            assert!(error.to_string().contains(needed), "{error}");
        }
        let warnings = policy(&format!("{said}{}", consents.concat())).warnings();
        assert_eq!(warnings.len(), consents.len(), "{warnings:?}");
    }
}

#[test]
fn cipher_and_integrity_must_go_together() {
    for (said, needs) in [
        ("cipher = \"aes-256-gcm\"\nintegrity = \"hmac-sha256\"", "brings its own"),
        ("cipher = \"aes-256-cbc\"\nintegrity = \"aead\"", "\"hmac-sha256\""),
        ("integrity = \"none\"", "aes-256-gcm"),
    ] {
        let error = error(&format!("[security]\n{said}\n{KEY}"));
        assert_eq!(error.fault, PolicyFault::Value, "{error}");
        assert!(error.to_string().contains(needs), "{error}");
    }
    assert_eq!(policy("[security]\ncipher = \"3des-cbc\"").suite(), "3des-cbc+hmac-sha256");
}

#[test]
fn a_signature_and_padding_are_part_of_the_policy() {
    let text = "[security]\ncipher = \"aes-128-cbc\"\nintegrity = \"none\"\n\
                signature = \"ecdsa-p256-sha256\"\npad = \"buckets\"";
    let policy = policy(text);
    assert_eq!(policy.suite(), "aes-128-cbc+none+ecdsa-p256-sha256");
    assert_eq!(policy.link().terms.protection.padding, Padding::Buckets);
    let unsigned = "[security]\ncipher = \"aes-128-cbc\"\nintegrity = \"none\"\n";
    assert_eq!(error(&format!("{unsigned}{KEY}")).fault, PolicyFault::Weak);
}

#[test]
fn the_sites_protection_may_be_tightened_and_not_loosened() {
    let site = "[security]\ncipher = \"aes-256-cbc\"\nintegrity = \"hmac-sha256\"\n\
                signature = \"ecdsa-p256-sha256\"\npad = \"mtu\"\nprovider = \"ring\"";
    for looser in [
        "cipher = \"aes-192-cbc\"",
        "cipher = \"3des-cbc\"",
        "integrity = \"hmac-sha1\"",
        "signature = \"none\"",
        "signature = \"ecdsa-p256-sha1\"",
        "pad = \"none\"",
        "provider = \"fastest\"",
        "weak = \"allow\"",
        "plaintext = \"allow\"",
    ] {
        let error = site_error(&format!("[security]\n{looser}"), site);
        assert_eq!((error.fault, error.line), (PolicyFault::LooserThanSite, Some(2)), "{error}");
    }
    let site = file(&format!("{site}\n{KEY}"));
    let both = |user: &str| Policy::parse_both(Some(&file(user)), Some(&site)).unwrap();
    let tighter = both("[security]\ncipher = \"aes-256-gcm\"\nintegrity = \"aead\"\n");
    assert_eq!(tighter.suite(), "aes-256-gcm+ecdsa-p256-sha256");
    // A site that allows weak suites leaves the choice.
    let site = file(&format!("[security]\nweak = \"allow\"\n{KEY}"));
    let user = file("[security]\nweak = \"allow\"\ncipher = \"des-ecb\"");
    let policy = Policy::parse_both(Some(&user), Some(&site)).unwrap();
    assert_eq!(policy.suite(), "des-ecb+hmac-sha256");
}

#[test]
fn an_unknown_cipher_is_answered_with_the_list() {
    let error = error("[security]\ncipher = \"rot13\"\n");
    assert_eq!((error.fault, error.line), (PolicyFault::Value, Some(2)));
    let message = error.to_string();
    for part in ["rot13", "aes-256-gcm", "aes-128-gcm", "chacha20-poly1305", "aegis-256"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn values_out_of_range_are_answered_with_the_range() {
    for (text, bound) in [
        ("[link]\nrekey_bytes = 4294967297", "4294967296"),
        ("[link]\nrekey_frames = 16777217", "16777216"),
        ("[link]\nrekey_frames = -1", "16777216"),
        ("[link]\nrekey_frames = 1e3", "16777216"),
        ("[link]\nhandshake_timeout_ms = 0", "from 100"),
        ("[link]\nconnect_timeout_ms = \"fast\"", "from 100"),
        ("[policy]\nwithin_host = \"integrity\"", "\"none\", \"encrypt\""),
        ("[network]\nsubnet = \"10.0.0.0/33\"", "10.1.0.0/16"),
        ("[network]\ninterface = \"a name that is too long\"", "15 characters"),
    ] {
        let error = error(text);
        assert_eq!((error.fault, error.line), (PolicyFault::Value, Some(2)), "{text}");
        assert!(error.to_string().contains(bound), "{error}");
    }
}

#[test]
fn no_key_no_policy() {
    let error = error("[security]\ncipher = \"aes-256-gcm\"\n");
    assert_eq!(error.fault, PolicyFault::Key);
    assert!(error.to_string().contains("keygen"));
}

#[test]
fn a_wrong_key_is_refused_and_not_repeated() {
    let error = error("[key]\nhex = \"0123456789abcdef\"\n");
    assert_eq!(error.line, Some(2));
    assert!(!error.to_string().contains("0123456789"), "{error}");
    assert_eq!(super::tests::error(&format!("{KEY}file = \"a\"")).fault, PolicyFault::Key);
    // What an example or a fresh disk holds is known to everybody.
    for key in ["hex", "accept_hex"] {
        let zeros = format!("[key]\n{key} = \"{}\"\n", "0".repeat(64));
        assert_eq!(super::tests::error(&zeros).fault, PolicyFault::Value);
    }
}

#[test]
fn a_policy_with_its_key_inside_must_be_private() {
    let mut open = file(KEY);
    open.mode = 0o644;
    let error = Policy::parse(&open).err().unwrap();
    assert_eq!(error.fault, PolicyFault::SecretReadable);
    assert!(error.to_string().contains("chmod 600 /somewhere/mpi-secure.toml"));
}

#[test]
fn a_key_file_lies_beside_the_policy_and_must_be_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("cluster.key");
    let mut text = file("[key]\nfile = \"cluster.key\"\n");
    text.path = folder.path().join("mpi-secure.toml");
    // The policy itself holds no secret then, and may be read.
    text.mode = 0o644;
    assert_eq!(Policy::parse(&text).err().unwrap().path.as_deref(), Some(&*key));

    let mode = |mode| std::fs::set_permissions(&key, PermissionsExt::from_mode(mode)).unwrap();
    std::fs::write(&key, format!("{}\n", "ab".repeat(32))).unwrap();
    mode(0o640);
    assert_eq!(Policy::parse(&text).err().unwrap().fault, PolicyFault::SecretReadable);
    mode(0o600);
    let same = ClusterKey::from_bytes([0xab; 32]).fingerprint();
    assert_eq!(Policy::parse(&text).unwrap().key_fingerprint(), same);
    std::fs::write(&key, "ab").unwrap();
    assert_eq!(Policy::parse(&text).err().unwrap().fault, PolicyFault::Key);
}

/// host.crt, host.key, ca.crt and ca.crl.
fn write_identity(folder: &Path) {
    use crate::secure::authority::{Authority, Period};
    use std::os::unix::fs::PermissionsExt;
    let period = Period { from: 1, until: 4_000_000_000 };
    let (authority, issued) = Authority::create("test", period).unwrap();
    let host = authority.issue(&["node1"], period).unwrap();
    std::fs::write(folder.join("ca.crt"), issued.certificate).unwrap();
    let list = authority.revocation_list(1, &[], period).unwrap();
    std::fs::write(folder.join("ca.crl"), list).unwrap();
    std::fs::write(folder.join("host.crt"), host.certificate).unwrap();
    std::fs::write(folder.join("host.key"), host.private_key.as_bytes()).unwrap();
    let mode = PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(folder.join("host.key"), mode).unwrap();
}

const IDENTITY: &str =
    "[identity]\ncertificate = \"host.crt\"\nprivate_key = \"host.key\"\ntrust = \"ca.crt\"\n";

#[test]
fn certificates_take_the_place_of_a_key_or_stand_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    write_identity(folder.path());
    let parse = |text: &str| {
        let mut file = file(text);
        file.path = folder.path().join("mpi-secure.toml");
        Policy::parse(&file)
    };
    let alone = parse(IDENTITY).unwrap();
    assert!(alone.link().key.is_none() && alone.link().identity.is_some());
    assert!(alone.to_string().contains("node1"), "{alone}");
    let both = parse(&format!("{IDENTITY}revoked = \"ca.crl\"\n{KEY}")).unwrap();
    assert!(both.link().key.is_some() && both.link().identity.is_some());
    assert_ne!(alone.digest(), both.digest());
    assert_ne!(policy("").digest(), both.digest());
    for (text, fault) in [
        (IDENTITY.replace("trust = \"ca.crt\"\n", ""), PolicyFault::Identity),
        (IDENTITY.replace("\"host.crt\"", "\"ca.crt\""), PolicyFault::Identity),
        (IDENTITY.replace("\"ca.crt\"", "\"host.key\""), PolicyFault::Identity),
        (IDENTITY.replace("\"host.crt\"", "\"absent.crt\""), PolicyFault::File),
    ] {
        assert_eq!(parse(&text).err().expect("an error").fault, fault, "{text}");
    }
    use std::os::unix::fs::PermissionsExt;
    let open = PermissionsExt::from_mode(0o640);
    std::fs::set_permissions(folder.path().join("host.key"), open).unwrap();
    assert_eq!(parse(IDENTITY).err().unwrap().fault, PolicyFault::SecretReadable);
}

#[test]
fn a_second_key_is_accepted_and_is_nobodys_own() {
    let second = "ab".repeat(32);
    let with = Policy::parse(&file(&format!("{KEY}accept_hex = \"{second}\"\n"))).unwrap();
    assert_eq!(with.link().accepted.len(), 1);
    assert_eq!(with.digest(), policy("").digest(), "hosts change over one by one");
    let alone = error(&format!("[key]\naccept_hex = \"{second}\"\n"));
    assert_eq!(alone.fault, PolicyFault::Key);
    // It goes with the key of its own file, and not with another's.
    let site = file(&format!("{KEY}accept_hex = \"{second}\"\n"));
    let accepted = |user: &str| {
        Policy::parse_both(Some(&file(user)), Some(&site)).unwrap().link().accepted.len()
    };
    assert_eq!(accepted(""), 1);
    assert_eq!(accepted(&format!("[key]\nhex = \"{}\"\n", "cd".repeat(32))), 0);
}

#[test]
fn digests_differ_when_and_only_when_links_would() {
    let digest = |text: &str| policy(text).digest();
    let usual = digest("");
    assert_eq!(usual, digest("[security]\ncipher = \"aes-256-gcm\""));
    assert_eq!(usual, digest("[network]\ninterface = \"eth1\"\n[link]\nconnect_timeout_ms = 500"));
    assert_ne!(usual, digest("[security]\ncipher = \"aes-128-gcm\""));
    assert_eq!(usual, digest("[policy]\nwithin_host = \"none\""));
    assert_ne!(usual, digest("[policy]\nwithin_host = \"encrypt\""));
    assert_ne!(usual, digest("[security]\nsignature = \"ecdsa-p256-sha256\""));
    assert_ne!(usual, digest("[security]\npad = \"mtu\""));
    assert_eq!(usual, digest("[security]\nprovider = \"ring\""));
    assert_ne!(usual, digest("[link]\nrekey_frames = 100"));
    assert_ne!(usual, digest("[link]\nrekey_bytes = 100000"));
}

#[test]
fn the_site_may_be_tightened_and_not_loosened() {
    let site = "[security]\ncipher = \"aes-256-gcm\"\n[link]\nrekey_bytes = 1000000\n\
                rekey_frames = 1000\nconnect_timeout_ms = 1000\nhandshake_timeout_ms = 1000\n\
                [network]\ninterface = \"eth0\"\nsubnet = \"10.1.0.0/16\"";
    for looser in [
        "[security]\ncipher = \"aes-128-gcm\"",
        "[link]\nrekey_bytes = 1000001",
        "[link]\nrekey_frames = 1001",
        "[link]\nconnect_timeout_ms = 1001",
        "[link]\nhandshake_timeout_ms = 1001",
        "[network]\ninterface = \"eth1\"",
        "[network]\nsubnet = \"10.0.0.0/8\"",
        "[network]\nsubnet = \"10.2.0.0/24\"",
    ] {
        let error = site_error(looser, site);
        assert_eq!((error.fault, error.line), (PolicyFault::LooserThanSite, Some(2)), "{looser}");
        assert!(error.to_string().contains("/etc/mpi-secure"), "{error}");
    }
    let tighter = "[security]\ncipher = \"chacha20-poly1305\"\n[link]\nrekey_bytes = 100000\n\
                   connect_timeout_ms = 500\n[network]\nsubnet = \"10.1.2.0/24\"";
    let site = file(&format!("{site}\n{KEY}"));
    let policy = Policy::parse_both(Some(&file(tighter)), Some(&site)).unwrap();
    assert_eq!(policy.suite(), "chacha20-poly1305");
    // What the user leaves unsaid, the site says: limits, interface, key.
    assert_eq!(policy.limits, RekeyLimits { bytes: 100_000, frames: 1000 });
    assert_eq!(policy.network().interface.as_deref(), Some("eth0"));
    assert_eq!(policy.sources().len(), 2);
}

#[test]
fn what_the_site_encrypts_within_a_host_stays_encrypted() {
    let says = |choice| format!("[policy]\nwithin_host = \"{choice}\"");
    let error = site_error(&says("none"), &says("encrypt"));
    assert_eq!((error.fault, error.line), (PolicyFault::LooserThanSite, Some(2)));
    let of = |user: &str, site: &str| {
        let site = file(&format!("{site}\n{KEY}"));
        Policy::parse_both(Some(&file(user)), Some(&site)).unwrap().link().within_host
    };
    assert_eq!(of(&says("encrypt"), &says("none")), WithinHost::Encrypt);
    assert_eq!(of("", &says("encrypt")), WithinHost::Encrypt);
    assert_eq!(of("", ""), WithinHost::None);
}

#[test]
fn subnets_contain_what_their_prefix_says() {
    let subnet = |text: &str| Subnet::parse(text).unwrap();
    let address = |text: &str| text.parse().unwrap();
    assert!(subnet("10.1.0.0/16").contains(address("10.1.255.1")));
    assert!(!subnet("10.1.0.0/16").contains(address("10.2.0.1")));
    assert!(subnet("0.0.0.0/0").contains(address("1.2.3.4")));
    assert!(subnet("1.2.3.4/32").contains(address("1.2.3.4")));
    assert!(!subnet("1.2.3.4/32").contains(address("1.2.3.5")));
    assert!(subnet("fd00::/8").contains(address("fdff::1")));
    assert!(!subnet("fd00::/8").contains(address("fe80::1")));
    assert!(!subnet("0.0.0.0/0").contains(address("::1")));
    for wrong in ["10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0/8", "/8", "10.0.0.0/-1"] {
        assert_eq!(Subnet::parse(wrong), None);
    }
}

#[test]
fn a_policy_in_words_shows_no_key() {
    let words = policy("").to_string();
    assert!(!words.contains("000102"), "{words}");
    assert!(words.contains("fingerprint"));
}

#[test]
fn preferences_are_kept_with_their_place_and_the_users_come_last() {
    let user = file(&format!("{KEY}[collectives]\nbcast = \"chain\"\n"));
    let mut site = file("[collectives]\nbcast = \"binomial\"\nscan = \"any name\"\n");
    site.path = PathBuf::from("/etc/mpi-secure/mpi-secure.toml");
    let policy = Policy::parse_both(Some(&user), Some(&site)).unwrap();
    let list: Vec<_> = policy
        .preferences()
        .iter()
        .map(|entry| (entry.name.as_str(), entry.value.as_str(), entry.line))
        .collect();
    assert_eq!(list[..2], [("bcast", "binomial", 2), ("scan", "any name", 3)]);
    assert_eq!((list[2].0, list[2].1), ("bcast", "chain"));
    let error = Policy::parse(&file(&format!("{KEY}[collectives]\nbcast = 7\n"))).err().unwrap();
    assert!(error.to_string().contains("[collectives] bcast"), "{error}");
}

#[test]
fn rubbish_is_an_error_and_never_a_panic() {
    let sound = format!("[security]\ncipher = \"aes-256-gcm\"\n{KEY}[link]\nrekey_frames = 99\n");
    for at in 0..sound.len() {
        for with in ["", "\"", "]", "\n", "=", "\u{e9}"] {
            let text = format!("{}{with}{}", &sound[..at], &sound[at + 1..]);
            // Either it is still a policy or it is an error with a line.
            let _ = Policy::parse(&file(&text));
        }
        let _ = Policy::parse(&file(&sound[..at]));
    }
}

#[test]
fn the_sample_and_the_documentation_name_every_key_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sample = std::fs::read_to_string(root.join("mpi-secure.toml")).unwrap();
    let documentation = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    for (section, keys) in document::key_names() {
        assert!(sample.contains(&format!("[{section}]")), "[{section}] is not in the sample");
        for key in keys {
            let (line, table) = (format!("{key} = "), format!("[[{section}.{key}]]"));
            let there = sample.contains(&line) || sample.contains(&table);
            assert!(there, "{key} is not in the sample");
            assert!(documentation.contains(&format!("`{key}`")), "{key} is not documented");
        }
    }
    // With its comments opened, the sample must still parse.
    let mut opened = file("");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cluster.key"), "ab".repeat(32)).unwrap();
    use std::os::unix::fs::PermissionsExt;
    let private = PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(folder.path().join("cluster.key"), private).unwrap();
    write_identity(folder.path());
    opened.path = folder.path().join("mpi-secure.toml");
    let lines = sample.lines().map(|line| line.strip_prefix("#= ").unwrap_or(line));
    opened.text = Zeroizing::new(lines.collect::<Vec<_>>().join("\n"));
    Policy::parse(&opened).unwrap();
}

const LAX: &str = "[security]\nplaintext = \"allow\"\n";

#[test]
fn rules_say_what_where_and_when() {
    let policy = policy(&format!(
        "{LAX}[policy]\nfloor = \"authenticate\"\n\
         [[policy.context]]\nname = \"light\"\nuse = \"aes-128-gcm\"\n\
         [[policy.rule]]\nhosts = \"10.1.0.0/16\"\ntag = \"100-199\"\nuse = \"authenticate\"\n\
         [[policy.rule]]\nhosts = [\"node*\", \"login1\"]\nmin_bytes = 10\nmax_bytes = 20\n\
         communicator = \"coupler*\"\nuse = \"light\"\n"
    ));
    let book = policy.rulebook();
    assert_eq!(book.rules.len(), 2);
    assert_eq!(book.rules[0].tags, Some(100..=199));
    assert_eq!(
        (book.rules[1].bytes.clone(), book.rules[1].communicator.as_deref()),
        (10..=20, Some("coupler*"))
    );
    let name = |rule: usize| book.profiles.name(book.rules[rule].profile);
    assert_eq!((name(0), name(1)), ("none+hmac-sha256", "light"));
    assert!(policy.warnings().iter().any(|line| line.contains("encrypts nothing")));
    assert!(policy.to_string().contains("tags 100 to 199: none+hmac-sha256"), "{policy}");
}

#[test]
fn a_rule_that_cannot_be_is_refused_with_its_line() {
    for (text, line, fault, says) in [
        ("[[policy.rule]]\ntag = \"1\"", 1, PolicyFault::Value, "use"),
        ("[[policy.rule]]\nuse = \"rot-13\"", 1, PolicyFault::Value, "rot-13"),
        ("[[policy.rule]]\nuse = \"encrypt\"\ncolour = 1", 3, PolicyFault::UnknownKey, "colour"),
        ("[[policy.rule]]\nuse = \"encrypt\"\ntag = \"9-1\"", 3, PolicyFault::Value, "9-1"),
        ("[[policy.rule]]\nuse = \"encrypt\"\nhosts = \"10/8\"", 3, PolicyFault::Value, "10/8"),
        ("[[policy.rule]]\nuse = \"authenticate\"", 1, PolicyFault::Weak, "plaintext"),
        ("[[policy.rule]]\nuse = \"none\"", 1, PolicyFault::Weak, "weak"),
        ("[[policy.context]]\nuse = \"encrypt\"", 1, PolicyFault::Value, "name"),
        ("[[policy.context]]\nname = \"none\"\nuse = \"encrypt\"", 2, PolicyFault::Value, "none"),
        (
            "[[policy.context]]\nname = \"a\"\nuse = \"encrypt\"\nmodules = [\"b\"]",
            1,
            PolicyFault::Value,
            "b",
        ),
        (
            "[[policy.module]]\nname = \"a\"\nfile = \"/absent/a.so\"",
            1,
            PolicyFault::File,
            "no such file",
        ),
        ("[policy]\nrule = 3", 2, PolicyFault::Value, "[[policy.rule]]"),
        (
            "[policy]\nfloor = \"aes-256-gcm\"\n[security]\ncipher = \"aes-128-gcm\"",
            2,
            PolicyFault::LooserThanSite,
            "floor",
        ),
        ("[policy]\npcontrol = \"encrypt\"", 2, PolicyFault::Value, "array"),
    ] {
        let error = error(&format!("{text}\n{KEY}"));
        assert_eq!((error.fault, error.line), (fault, Some(line)), "{text}: {error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn the_users_rules_come_after_the_sites_and_never_below_its_floor() {
    let rule = |uses: &str| format!("[[policy.rule]]\nuse = \"{uses}\"\n");
    let site = format!("{LAX}cipher = \"aes-256-gcm\"\n{}", rule("aes-128-gcm"));
    let looser = site_error(&rule("authenticate"), &site);
    assert_eq!((looser.fault, looser.line), (PolicyFault::LooserThanSite, Some(1)));
    let lax_site = format!("{site}[policy]\nfloor = \"authenticate\"\n");
    let lax_site = lax_site.replace(&rule("aes-128-gcm"), "");
    let lax = file(&format!("{lax_site}{}{KEY}", rule("aes-128-gcm")));
    let both = Policy::parse_both(Some(&file(&rule("authenticate"))), Some(&lax)).unwrap();
    let names: Vec<_> = both
        .rulebook()
        .rules
        .iter()
        .map(|rule| both.rulebook().profiles.name(rule.profile))
        .collect();
    assert_eq!(names, ["aes-128-gcm", "none+hmac-sha256"]);
    let lower = site_error("[policy]\nfloor = \"none\"\n", &lax_site);
    assert_eq!(lower.fault, PolicyFault::LooserThanSite, "{lower}");
    let higher = site_error(
        "[policy]\nceiling = \"aes-256-gcm\"\n",
        &format!("{LAX}cipher = \"aes-128-gcm\"\n[policy]\nceiling = \"aes-128-gcm\"\n"),
    );
    assert_eq!(higher.fault, PolicyFault::LooserThanSite, "{higher}");
}

#[test]
fn rules_are_in_the_digest() {
    let digest = |text: &str| policy(text).digest();
    let rule = |rest: &str| format!("[[policy.rule]]\nuse = \"aes-128-gcm\"\n{rest}");
    let all = [
        "",
        "tag = \"1\"",
        "tag = \"1-2\"",
        "communicator = \"a\"",
        "hosts = \"a\"",
        "hosts = [\"a\", \"b\"]",
        "hosts = \"10.0.0.0/8\"",
        "min_bytes = 1",
        "max_bytes = 1",
    ];
    let digests: std::collections::HashSet<_> =
        all.iter().map(|rest| digest(&rule(rest))).collect();
    assert_eq!(digests.len(), all.len());
    assert!(!digests.contains(&digest("")));
    assert_ne!(digest(""), digest("[policy]\nceiling = \"encrypt\""));
    assert_ne!(digest(""), digest("[policy]\npcontrol = [\"aes-256-gcm\"]"));
}
