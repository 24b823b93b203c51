//! What an output says about itself: manifests, the invisible watermark, consent and verification.
//!
//! Marks are added and read here, never removed.

pub mod watermark;
