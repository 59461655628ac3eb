//! How the frames of a link are protected: the suite that seals them, the
//! signature over them, and what is done about their lengths. Both ends have
//! the same one, because it is in the digest of the policy.

use super::padding::Padding;
use super::signature::{SIGNATURE_LEN, Scheme};
use super::suite::{Suite, default_suite};

#[derive(Clone, Copy, Debug)]
pub struct Protection {
    pub suite: &'static dyn Suite,
    pub signature: Option<&'static Scheme>,
    pub padding: Padding,
}

impl Protection {
    /// A suite with nothing beside it.
    pub fn of(suite: &'static dyn Suite) -> Protection {
        Protection { suite, signature: None, padding: Padding::None }
    }

    /// What a policy would have to allow expressly, and why.
    pub fn weakness(&self) -> Option<&'static str> {
        // A signature is a check: the suite may then do without one.
        let checked = self.signature.is_some() && self.suite.strength().integrity_bits == 0;
        match self.suite.weakness() {
            Some(_) if checked && self.suite.is_sound_when_checked() => None,
            weakness => weakness,
        }
    }

    /// For reports: the suite and, behind another `+`, the signature.
    pub fn name(&self) -> String {
        match self.signature {
            None => self.suite.name().to_owned(),
            Some(scheme) => format!("{}+{}", self.suite.name(), scheme.name),
        }
    }

    /// The byte that says suite and signature in a frame's header.
    pub(super) fn mark(&self, suite: &dyn Suite) -> u8 {
        suite.id() | self.signature.map_or(0, Scheme::id) << 6
    }

    pub(super) fn signature_len(&self) -> usize {
        if self.signature.is_some() { SIGNATURE_LEN } else { 0 }
    }
}

impl Default for Protection {
    fn default() -> Protection {
        Protection::of(default_suite())
    }
}

/// The name of what a frame's header says it is sealed with, for readers of
/// captures.
pub fn name_of_mark(mark: u8) -> Option<String> {
    let suite = super::suite::by_id(mark & 63)?;
    match mark >> 6 {
        0 => Some(suite.name().to_owned()),
        id => Some(format!("{}+{}", suite.name(), Scheme::by_id(id)?.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secure::signature::SCHEMES;
    use crate::secure::suite::{all, find};

    #[test]
    fn every_mark_names_what_made_it() {
        for suite in all() {
            for signature in SCHEMES.iter().map(Some).chain([None]) {
                let protection = Protection { signature, ..Protection::of(suite) };
                let mark = protection.mark(suite);
                assert_eq!(name_of_mark(mark), Some(protection.name()));
            }
        }
        assert_eq!((name_of_mark(0), name_of_mark(0xc1)), (None, None));
    }

    #[test]
    fn a_signature_makes_up_for_a_missing_mac_and_for_nothing_else() {
        let weakness = |cipher, signed: bool| {
            let signature = signed.then_some(&SCHEMES[0]);
            Protection { signature, ..Protection::of(find(cipher, "none").unwrap()) }.weakness()
        };
        assert!(
            weakness("aes-128-cbc", false).is_some() && weakness("aes-128-cbc", true).is_none()
        );
        assert!(weakness("none", false).is_some() && weakness("none", true).is_none());
        assert!(weakness("aes-128-ecb", true).is_some() && weakness("des-cbc", true).is_some());
    }
}
