//! What the result shows besides the driven face, as options: a moving source, a cut, a background.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use media::{InputKind, OutputFormat, sniff};
use reenactment::{Background, Composition, SourceFrames};

use crate::commands::number_options::{moment, seconds};

/// What the result shows besides.
#[derive(Debug, Args)]
#[command(next_help_heading = "Picture")]
pub(crate) struct CompositionOptions {
    /// What a video as the source stands for.
    #[arg(long, value_enum, default_value = "auto", value_name = "MODE")]
    source_mode: SourceMode,
    /// What happens where a source video is shorter than the driving.
    #[arg(long, value_enum, default_value = "mirror", value_name = "HOW")]
    source_frames: SourceFramesName,
    /// Show the square around the head alone, at the source's scale.
    #[arg(long)]
    crop: bool,
    /// What stands behind the person: a colour (#rrggbb, or a name that CSS has), or alpha for nothing
    /// (.webm, .mov or PNG pictures). The person is cut out by colours and edges.
    #[arg(long, value_name = "COLOUR|alpha")]
    background: Option<BackgroundName>,
    /// Begin at this second of the driving. What lies before it is looked at, for the calm frame, and not shown.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, hide_default_value = true, value_parser = moment)]
    from: f64,
    /// Show so many seconds alone: a quick look before a long run.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, conflicts_with = "resume")]
    first: Option<f64>,
}

/// What a video as the source stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SourceMode {
    /// A video where it is the only source, else its first frame.
    Auto,
    /// All its frames: background and body move on, the driver moves the face.
    Video,
    /// Its first frame.
    Picture,
}

/// The ways of going on by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum SourceFramesName {
    /// It starts again.
    Loop,
    /// It runs back and forth.
    Mirror,
    /// The result ends with it.
    Cut,
}

/// A background as typed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct BackgroundName(Background);

impl FromStr for BackgroundName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("alpha") {
            return Ok(Self(Background::Alpha));
        }
        let colour = csscolorparser::parse(text)
            .map_err(|_error| "a colour such as #00ff00 or green is needed, or alpha".to_owned())?;
        let [red, green, blue, alpha] = colour.to_rgba8();
        if alpha < 255 {
            return Err("a colour is opaque here: alpha gives a transparent background".to_owned());
        }
        Ok(Self(Background::Colour([red, green, blue])))
    }
}

impl CompositionOptions {
    /// As the library takes it, for these sources and this output; contradictions go to `problems`.
    pub(crate) fn composition(
        &self,
        sources: &[PathBuf],
        output: &Path,
        problems: &mut Vec<String>,
    ) -> Composition {
        let is_video = match self.source_mode {
            SourceMode::Picture => false,
            SourceMode::Video => true,
            SourceMode::Auto => {
                let [only] = sources else {
                    return self.with_frames(None, output, problems);
                };
                // what is wrong with the file is told when it is opened
                sniff(only).is_ok_and(|kind| kind == InputKind::Video)
            }
        };
        if self.source_mode == SourceMode::Video && sources.len() > 1 {
            problems.push("--source-mode video takes one --source".to_owned());
        }
        let frames = match self.source_frames {
            SourceFramesName::Loop => SourceFrames::Loop,
            SourceFramesName::Mirror => SourceFrames::Mirror,
            SourceFramesName::Cut => SourceFrames::Cut,
        };
        self.with_frames(is_video.then_some(frames), output, problems)
    }

    fn with_frames(
        &self,
        source_frames: Option<SourceFrames>,
        output: &Path,
        problems: &mut Vec<String>,
    ) -> Composition {
        let background = self.background.map(|name| name.0);
        if background == Some(Background::Alpha)
            && OutputFormat::from_path(output).is_ok_and(|format| !format.holds_alpha())
        {
            problems.push(format!(
                "{} holds no transparency: --background alpha needs an --output that ends in .webm or .mov, \
                 or a folder for PNG pictures",
                output.display()
            ));
        }
        Composition {
            source_frames,
            is_cropped: self.crop,
            background,
            from_s: self.from,
            first_s: self.first,
            ..Composition::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backgrounds_are_css_colours_or_alpha() {
        let parse = |text: &str| text.parse::<BackgroundName>().map(|name| name.0);
        assert_eq!(parse("alpha"), Ok(Background::Alpha));
        assert_eq!(parse("#0f0"), Ok(Background::Colour([0, 255, 0])));
        assert_eq!(parse("#102030"), Ok(Background::Colour([16, 32, 48])));
        assert_eq!(
            parse("RebeccaPurple"),
            Ok(Background::Colour([102, 51, 153]))
        );
        for bad in ["", "greenish", "#12", "transparent", "#00ff0080"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
