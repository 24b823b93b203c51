//! Options that point at one of several faces, for the source and for the driving video.

use std::str::FromStr;

use clap::Args;
use landmarks::FaceChoice;

use crate::commands::number_options::face_number;

/// A rectangle of the picture, as `x,y,w,h`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FaceBox {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

impl FromStr for FaceBox {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Result<Vec<f32>, _> =
            text.split(',').map(|part| part.trim().parse()).collect();
        match numbers.as_deref() {
            Ok(&[x, y, width, height])
                if [x, y, width, height]
                    .iter()
                    .all(|number| number.is_finite())
                    && width > 0.0
                    && height > 0.0 =>
            {
                Ok(Self {
                    x,
                    y,
                    width,
                    height,
                })
            }
            _ => Err(
                "four numbers are needed: x,y,width,height in pixels, such as 120,80,200,200"
                    .to_owned(),
            ),
        }
    }
}

/// Which face of the source.
#[derive(Debug, Clone, Args)]
pub(crate) struct SourceFace {
    /// Face of the source to move: 1 is the largest (the default), 2 the next, and so on.
    #[arg(long, value_name = "N", value_parser = face_number, conflicts_with = "face_box")]
    face: Option<usize>,
    /// Face of the source that lies in this box, in pixels.
    #[arg(long, value_name = "X,Y,W,H", allow_hyphen_values = true)]
    face_box: Option<FaceBox>,
}

/// Which face of the driving video.
#[derive(Debug, Clone, Args)]
pub(crate) struct DrivingFace {
    /// Face of the driving video to follow: 1 is the largest (the default), 2 the next, and so on.
    #[arg(long, value_name = "N", value_parser = face_number, conflicts_with = "driving_face_box")]
    driving_face: Option<usize>,
    /// Face of the driving video that lies in this box, in pixels.
    #[arg(long, value_name = "X,Y,W,H", allow_hyphen_values = true)]
    driving_face_box: Option<FaceBox>,
}

/// Which face of an input that is only looked at.
#[derive(Debug, Clone, Args)]
pub(crate) struct FollowedFace {
    /// Face to follow: 1 is the largest (the default), 2 the next, and so on.
    #[arg(long, value_name = "N", value_parser = face_number, conflicts_with = "face_box")]
    face: Option<usize>,
    /// Follow the face that lies in this box of the first frame, in pixels.
    #[arg(long, value_name = "X,Y,W,H", allow_hyphen_values = true)]
    face_box: Option<FaceBox>,
}

impl FollowedFace {
    /// The choice, the largest face where nothing was said.
    pub(crate) fn choice(&self) -> FaceChoice {
        choice(self.face, self.face_box)
    }
}

impl SourceFace {
    /// The choice, the largest face where nothing was said.
    pub(crate) fn choice(&self) -> FaceChoice {
        choice(self.face, self.face_box)
    }
}

impl DrivingFace {
    /// The choice, the largest face where nothing was said.
    pub(crate) fn choice(&self) -> FaceChoice {
        choice(self.driving_face, self.driving_face_box)
    }
}

fn choice(number: Option<usize>, region: Option<FaceBox>) -> FaceChoice {
    match (number, region) {
        (Some(number), _) => FaceChoice::Number(number),
        (None, Some(region)) => FaceChoice::Box {
            x: region.x,
            y: region.y,
            width: region.width,
            height: region.height,
        },
        (None, None) => FaceChoice::Largest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_four_numbers_with_a_real_size() {
        let good: FaceBox = "10, 20,30.5,40".parse().unwrap();
        assert_eq!(
            [good.x, good.y, good.width, good.height],
            [10.0, 20.0, 30.5, 40.0]
        );
        for bad in [
            "",
            "1,2,3",
            "1,2,3,4,5",
            "1,2,0,4",
            "1,2,3,-4",
            "a,b,c,d",
            "1,2,NaN,4",
        ] {
            assert!(bad.parse::<FaceBox>().is_err(), "{bad}");
        }
    }
}
