//! How the C2PA library is used: without any network, little in memory, nothing believed unseen.

use std::sync::Arc;

use c2pa::{Context, Settings};

use crate::error::ProvenanceError;
use crate::signer::Signing;

/// A context that opens no connection, with a signer or none.
///
/// The crate is built without an HTTP client; the empty list of hosts would stop one all the same. What is
/// larger than 16 MB goes through a temporary file.
pub(crate) fn context(
    signing: Option<Signing>,
    trusted: Option<&str>,
) -> Result<Arc<Context>, ProvenanceError> {
    let mut settings = serde_json::json!({
        "core": {
            "allowed_network_hosts": [],
            "backing_store_memory_threshold_in_mb": 16,
            "max_decompressed_manifest_size_in_mb": 32,
            // hash the frames of an MP4 in leaves of 4 MB: whole, they would be read into memory
            "merkle_tree_chunk_size_in_kb": 4096,
            "merkle_tree_max_proofs": 0,
            "decode_identity_assertions": false,
        },
        "verify": {
            "ocsp_fetch": false,
            "remote_manifest_fetch": false,
            "verify_after_sign": false,
        },
        "builder": {"thumbnail": {"enabled": false}},
    });
    if let Some(trusted) = trusted {
        settings["trust"] = serde_json::json!({"user_anchors": trusted});
    }
    let settings = Settings::new().with_json(&settings.to_string());
    let context = settings.and_then(|settings| Context::new().with_settings(settings));
    let mut context = context.map_err(ProvenanceError::sign)?;
    if let Some(Signing { signer, .. }) = signing {
        context.set_signer(signer).map_err(ProvenanceError::sign)?;
    }
    Ok(context.into_shared())
}
