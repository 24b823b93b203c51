//! How much of a sound lies in which band, frame by frame.

use std::f32::consts::TAU;
use std::path::Path;

use media::{MediaError, SoundReader};

/// Samples a second that the sound is read at.
const SAMPLE_RATE: u32 = 16_000;
/// Samples that one frame looks at, 32 ms around its moment.
const WINDOW: usize = 512;
/// Samples that are read at once.
const BLOCK: usize = 4096;

/// Power of one moment in five bands.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Spectrum {
    /// 80 to 400 Hz: the voice itself, also behind closed lips.
    pub(super) voice: f32,
    /// 400 to 1,000 Hz: open and round vowels.
    pub(super) low: f32,
    /// 1,000 to 3,000 Hz: what an opened mouth lets out, most in broad vowels.
    pub(super) middle: f32,
    /// 3,000 to 4,500 Hz.
    pub(super) high: f32,
    /// Above 4,500 Hz: hissing, which teeth near each other make.
    pub(super) hiss: f32,
}

impl Spectrum {
    /// Power in all bands.
    pub(super) fn total(&self) -> f32 {
        self.voice + self.low + self.middle + self.high + self.hiss
    }
}

/// The spectra of a file's sound, `rate` a second from its beginning; at least one.
pub(super) fn spectra(path: &Path, rate: f64) -> Result<Vec<Spectrum>, MediaError> {
    let mut reader = SoundReader::open(path, SAMPLE_RATE)?;
    let transform = Transform::new();
    // Half a window of silence before the first sample puts each window around its moment.
    let mut waiting = vec![0.0; WINDOW / 2];
    let mut start = 0;
    let mut block = vec![0.0; BLOCK];
    let mut spectra = Vec::new();
    let mut total = 0;
    loop {
        let count = reader.read(&mut block)?;
        total += count;
        waiting.extend_from_slice(&block[..count]);
        let is_end = count < BLOCK;
        if is_end {
            waiting.resize(waiting.len() + WINDOW, 0.0);
        }
        let moment = |index: usize| (index as f64 * f64::from(SAMPLE_RATE) / rate).round() as usize;
        while moment(spectra.len()) < total || spectra.is_empty() && is_end {
            let from = moment(spectra.len()) - start;
            let Some(window) = waiting.get(from..from + WINDOW) else {
                break;
            };
            spectra.push(transform.spectrum(window));
        }
        let done = (moment(spectra.len()) - start).min(waiting.len());
        waiting.drain(..done);
        start += done;
        if is_end {
            return Ok(spectra);
        }
    }
}

/// Tables of the discrete Fourier transform.
struct Transform {
    cosine: Vec<f32>,
    hann: Vec<f32>,
}

impl Transform {
    fn new() -> Self {
        let cosine = (0..WINDOW).map(|index| (TAU * index as f32 / WINDOW as f32).cos());
        let cosine: Vec<f32> = cosine.collect();
        let hann = cosine.iter().map(|value| 0.5 - 0.5 * value).collect();
        Self { cosine, hann }
    }

    fn spectrum(&self, samples: &[f32]) -> Spectrum {
        let windowed: Vec<f32> = samples.iter().zip(&self.hann).map(|(s, h)| s * h).collect();
        let mut spectrum = Spectrum::default();
        let hertz = SAMPLE_RATE as f32 / WINDOW as f32;
        for bin in 3..WINDOW / 2 {
            let power = self.power(&windowed, bin);
            *match bin as f32 * hertz {
                ..400.0 => &mut spectrum.voice,
                ..1000.0 => &mut spectrum.low,
                ..3000.0 => &mut spectrum.middle,
                ..4500.0 => &mut spectrum.high,
                _ => &mut spectrum.hiss,
            } += power;
        }
        spectrum
    }

    /// Power of one frequency, so that a full-scale sine has about 1.
    fn power(&self, samples: &[f32], bin: usize) -> f32 {
        let (mut real, mut imaginary, mut phase) = (0.0, 0.0, 0);
        for sample in samples {
            real += sample * self.cosine[phase];
            imaginary += sample * self.cosine[(phase + WINDOW / 4) % WINDOW];
            phase = (phase + bin) % WINDOW;
        }
        (real * real + imaginary * imaginary) / (WINDOW as f32 / 4.0).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_lies_in_its_own_band() {
        let transform = Transform::new();
        let tone = |hertz: f32| -> Vec<f32> {
            let sample = |index: usize| (TAU * hertz * index as f32 / SAMPLE_RATE as f32).sin();
            (0..WINDOW).map(sample).collect()
        };
        let share = |hertz: f32, band: fn(&Spectrum) -> f32| {
            let spectrum = transform.spectrum(&tone(hertz));
            band(&spectrum) / spectrum.total()
        };
        assert!(share(200.0, |spectrum| spectrum.voice) > 0.99);
        assert!(share(700.0, |spectrum| spectrum.low) > 0.99);
        assert!(share(2000.0, |spectrum| spectrum.middle) > 0.99);
        assert!(share(6000.0, |spectrum| spectrum.hiss) > 0.99);
    }
}
