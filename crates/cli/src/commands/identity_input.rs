//! What identity networks take, by name.

use clap::ValueEnum;
use evaluation::IdentityInput;

/// Inputs of identity networks by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum IdentityInputName {
    /// 128 px, BGR 0 to 255: face-reidentification-retail-0095.
    ReidBgr128,
    /// 112 px, RGB less 127.5 over 128: ArcFace.
    ArcfaceRgb112,
    /// 112 px, RGB by ImageNet's mean and deviation.
    ImagenetRgb112,
}

impl IdentityInputName {
    pub(crate) fn input(self) -> IdentityInput {
        match self {
            Self::ReidBgr128 => IdentityInput::ReidBgr128,
            Self::ArcfaceRgb112 => IdentityInput::ArcFaceRgb112,
            Self::ImagenetRgb112 => IdentityInput::ImageNetRgb112,
        }
    }
}
