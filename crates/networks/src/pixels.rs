//! Between picture bytes and image tensors: the one place where their ranges meet.

use tch::{Kind, Tensor};

/// Turn RGB bytes into an image tensor.
///
/// # Shapes
/// - `bytes`: `[batch, height, width, 3]`, 0 black to 255 white
/// - returns: `[batch, 3, height, width]`, f32, -1 to 1
pub fn to_image_tensor(bytes: &Tensor) -> Tensor {
    bytes
        .permute([0, 3, 1, 2])
        .to_kind(Kind::Float)
        .contiguous()
        / 127.5
        - 1.0
}

/// Turn an image tensor into RGB bytes, rounding to the nearest level.
///
/// # Shapes
/// - `images`: `[batch, 3, height, width]`, -1 to 1; values outside are clamped
/// - returns: `[batch, height, width, 3]`, `u8`
pub fn to_bytes(images: &Tensor) -> Tensor {
    let levels = ((images.to_kind(Kind::Float) + 1.0) * 127.5)
        .round()
        .clamp(0.0, 255.0);
    levels
        .to_kind(Kind::Uint8)
        .permute([0, 2, 3, 1])
        .contiguous()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_survives_the_way_there_and_back() {
        let levels: Vec<u8> = (0..=255)
            .flat_map(|level| [level, 255 - level, level / 2])
            .collect();
        let bytes = Tensor::from_slice(&levels).view([1, 16, 16, 3]);
        let images = to_image_tensor(&bytes);
        assert_eq!(images.size(), [1, 3, 16, 16]);
        assert_eq!(f64::try_from(images.min()).unwrap(), -1.0);
        assert_eq!(f64::try_from(images.max()).unwrap(), 1.0);
        assert_eq!(to_bytes(&images), bytes);
    }
}
