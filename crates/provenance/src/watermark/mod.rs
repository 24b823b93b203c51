//! The invisible watermark: its payload, its error correction, and the networks that hide and find it.
