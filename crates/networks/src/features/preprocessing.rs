//! What a feature network wants to see: order of channels, range of values, mean and deviation.
//!
//! A file of weights carries it in its metadata, so that pictures and weights cannot disagree:
//! nets trained on BGR from 0 to 255 answer to RGB from 0 to 1 with features that are off by orders
//! of magnitude.

use std::collections::BTreeMap;

use tch::Tensor;

use super::error::ContentNetError;
use crate::blocks::wide_kind;

/// Order of the colour channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelOrder {
    /// Red first.
    Rgb,
    /// Blue first, as in nets trained with Caffe.
    Bgr,
}

/// From image tensors to a network's input: `(x - mean) / std`, where black is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preprocessing {
    /// Order of the channels.
    pub order: ChannelOrder,
    /// Value of white; black is 0.
    pub white: f64,
    /// Subtracted from each channel, in `order`.
    pub mean: [f64; 3],
    /// Each channel is divided by it, in `order`.
    pub std: [f64; 3],
}

impl Preprocessing {
    /// ImageNet nets of Caffe, VGGFace among them: BGR from 0 to 255 minus the mean.
    pub const CAFFE: Self = Self {
        order: ChannelOrder::Bgr,
        white: 255.0,
        mean: [103.939, 116.779, 123.68],
        std: [1.0; 3],
    };

    /// VGGFace: BGR from 0 to 255 minus the mean of its own training faces.
    pub const VGG_FACE: Self = Self {
        mean: [93.594, 104.762, 129.186],
        ..Self::CAFFE
    };

    /// ImageNet nets of torchvision: RGB from 0 to 1, normalised.
    pub const TORCHVISION: Self = Self {
        order: ChannelOrder::Rgb,
        white: 1.0,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
    };

    /// Our own networks: RGB from -1 to 1.
    pub const SIGNED: Self = Self {
        order: ChannelOrder::Rgb,
        white: 1.0,
        mean: [0.5; 3],
        std: [0.5; 3],
    };

    /// Apply to image tensors, in at least 32 bits.
    ///
    /// # Shapes
    /// `[batch, 3, height, width]`, -1 to 1, in and out
    pub fn apply(&self, pictures: &Tensor) -> Tensor {
        let kind = wide_kind(pictures.kind());
        let ordered = match self.order {
            ChannelOrder::Rgb => pictures.to_kind(kind),
            ChannelOrder::Bgr => pictures.to_kind(kind).flip([1]),
        };
        // (x + 1) / 2 * white, minus mean, over std, in one multiplication and one addition
        let channels = |value: &dyn Fn(usize) -> f64| {
            let values = [value(0), value(1), value(2)];
            let tensor = Tensor::from_slice(&values).view([1, 3, 1, 1]);
            tensor.to_kind(kind).to_device(pictures.device())
        };
        let scale = channels(&|index| self.white / 2.0 / self.std[index]);
        let shift = channels(&|index| (self.white / 2.0 - self.mean[index]) / self.std[index]);
        ordered * scale + shift
    }

    /// Read from a file's metadata.
    ///
    /// # Errors
    /// Where a word is missing or has no meaning.
    pub fn from_words(words: &BTreeMap<String, String>) -> Result<Self, ContentNetError> {
        let word =
            |name: &'static str| words.get(name).ok_or(ContentNetError::MissingWord { name });
        let bad = |name: &'static str, value: &str| ContentNetError::BadWord {
            name,
            value: value.to_string(),
        };
        let numbers = |name: &'static str| -> Result<Vec<f64>, ContentNetError> {
            let value = word(name)?;
            let parsed: Result<Vec<f64>, _> = value.split_whitespace().map(str::parse).collect();
            parsed.map_err(|_not_a_number| bad(name, value))
        };
        let three = |name: &'static str| -> Result<[f64; 3], ContentNetError> {
            let values = numbers(name)?;
            <[f64; 3]>::try_from(values).map_err(|values| bad(name, &format!("{values:?}")))
        };
        let order = match word("channel_order")?.as_str() {
            "RGB" => ChannelOrder::Rgb,
            "BGR" => ChannelOrder::Bgr,
            other => return Err(bad("channel_order", other)),
        };
        let white = numbers("white")?;
        let std = three("std")?;
        if white.len() != 1 || white[0] <= 0.0 {
            return Err(bad("white", word("white")?));
        }
        if std.iter().any(|value| *value <= 0.0) {
            return Err(bad("std", word("std")?));
        }
        Ok(Self {
            order,
            white: white[0],
            mean: three("mean")?,
            std,
        })
    }

    /// The words that [`Preprocessing::from_words`] reads.
    pub fn to_words(&self) -> BTreeMap<String, String> {
        let three = |values: [f64; 3]| values.map(|value| value.to_string()).join(" ");
        let order = match self.order {
            ChannelOrder::Rgb => "RGB",
            ChannelOrder::Bgr => "BGR",
        };
        BTreeMap::from([
            ("channel_order".into(), order.into()),
            ("white".into(), self.white.to_string()),
            ("mean".into(), three(self.mean)),
            ("std".into(), three(self.std)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn values(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(&tensor.flatten(0, -1)).unwrap()
    }

    fn pixel(rgb: [f32; 3]) -> Tensor {
        Tensor::from_slice(&rgb).view([1, 3, 1, 1])
    }

    #[test]
    fn caffe_nets_see_blue_first_from_0_to_255_minus_the_mean() {
        // red is full, green half, blue none
        let seen = values(&Preprocessing::CAFFE.apply(&pixel([1.0, 0.0, -1.0])));
        let expected = [0.0 - 103.939, 127.5 - 116.779, 255.0 - 123.68];
        for (seen, expected) in seen.iter().zip(expected) {
            assert!(
                (seen - expected).abs() < 1e-4,
                "{seen} instead of {expected}"
            );
        }
    }

    #[test]
    fn torchvision_nets_see_red_first_from_0_to_1_normalised() {
        let seen = values(&Preprocessing::TORCHVISION.apply(&pixel([1.0, 0.0, -1.0])));
        let expected = [0.515 / 0.229, 0.044 / 0.224, -0.406 / 0.225];
        for (seen, expected) in seen.iter().zip(expected) {
            assert!(
                (seen - expected).abs() < 1e-5,
                "{seen} instead of {expected}"
            );
        }
    }

    #[test]
    fn sixteen_bit_pictures_are_prepared_in_thirty_two_bits() {
        let picture = pixel([1.0, 0.0, -1.0]).to_kind(Kind::BFloat16);
        let seen = Preprocessing::CAFFE.apply(&picture);
        assert_eq!(seen.kind(), Kind::Float);
        assert_eq!(seen.device(), Device::Cpu);
        assert!((values(&seen)[0] + 103.939).abs() < 1e-4);
    }

    #[test]
    fn words_come_back_as_they_were_and_missing_or_senseless_ones_are_named() {
        let words = Preprocessing::CAFFE.to_words();
        let back = Preprocessing::from_words(&words).unwrap();
        assert_eq!(back, Preprocessing::CAFFE);
        for name in ["channel_order", "white", "mean", "std"] {
            let mut fewer = words.clone();
            fewer.remove(name);
            let error = Preprocessing::from_words(&fewer).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
            let mut senseless = words.clone();
            senseless.insert(name.into(), "0 1".into());
            let error = Preprocessing::from_words(&senseless).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
