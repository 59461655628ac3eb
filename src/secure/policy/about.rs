//! The policy as the job's report shows it: what an auditor asks, and nothing
//! secret.

use serde::Serialize;

use super::Policy;
use crate::secure::suite::Suite;

#[derive(Clone, Debug, Default, Serialize)]
pub struct About {
    /// What both ends of every link have in common, as a hash.
    pub digest: String,
    /// The files, the user's first.
    pub sources: Vec<String>,
    /// What seals the links, with the signature if there is one.
    pub suite: String,
    pub padding: String,
    /// The library that seals, and whether it is a validated module.
    pub library: String,
    pub validation: String,
    /// Cluster key, certificates, or both.
    pub credentials: String,
    /// Names the cluster key without telling it.
    pub key_fingerprint: String,
    /// This host's certificate, if it has one.
    pub certificate: Option<String>,
    pub warnings: Vec<String>,
}

impl About {
    pub(super) fn new(policy: &Policy) -> About {
        let suite = policy.protection.suite;
        About {
            digest: data_encoding::HEXLOWER.encode(&policy.digest()),
            sources: policy.sources.iter().map(|path| path.display().to_string()).collect(),
            suite: policy.protection.name(),
            padding: policy.protection.padding.name().to_owned(),
            library: suite.library().to_owned(),
            validation: validation(suite).to_owned(),
            credentials: policy.credentials.kind().to_owned(),
            key_fingerprint: policy.key_fingerprint(),
            certificate: policy.identity().map(|identity| identity.facts().to_string()),
            warnings: policy.warnings(),
        }
    }
}

/// None of the libraries in the usual build is a validated module. AWS-LC has a FIPS
/// module, which takes a build of its own (docs/security.md).
fn validation(suite: &dyn Suite) -> &'static str {
    match suite.library() {
        #[cfg(feature = "fips")]
        crate::secure::suite::FIPS_LIBRARY => {
            "AWS-LC's FIPS module, in FIPS mode, with its own nonces"
        }
        "aws-lc" => "not validated (AWS-LC with the record layer's nonces)",
        _ => "not validated",
    }
}
