//! From the bands of a sound to lips, by rule.
//!
//! That the band of 1 to 4.5 kHz opens the mouth was chosen by correlation with the mouths of 39
//! sounding training clips with pauses: 0.30 on average, where the loudness of the whole sound has 0.19.

use crate::softness::smooth_step;
use crate::speech::spectrum::Spectrum;

/// How far below the clip's loud moments the mouth begins to open, decibels.
const RANGE_DB: f32 = 30.0;
/// Level below which all is silence, decibels of full scale, whatever the loud moments are.
const SILENCE_DB: f32 = -65.0;
/// Share of all moments that are below the loud ones.
const LOUD: f32 = 0.95;
/// Opening of the mouth at loud moments, in units of the head.
const WIDEST: f32 = 0.15;
/// Weights of a moment and its neighbours on either side, frames of 1/30 s: the mouth grows and shrinks
/// over a tenth of a second, and neither before nor after the sound.
const WINDOW: [f32; 7] = [1.0, 6.0, 15.0, 20.0, 15.0, 6.0, 1.0];
/// Share of hiss in the sound from which the teeth begin to close, and at which they are near.
const HISS: [f32; 2] = [0.35, 0.75];

/// What the lips do in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lips {
    /// Opening, in units of the head.
    pub(super) open: f32,
    /// Broader (positive) or rounder, as a share of the mouth's width.
    pub(super) broad: f32,
    /// Loudness, 0 silent to about 1.
    pub(super) loudness: f32,
}

/// Lips for every frame of a sound.
pub(super) fn lips(spectra: &[Spectrum]) -> Vec<Lips> {
    let decibels = |power: f32| 10.0 * power.max(1e-12).log10();
    let out = |spectrum: &Spectrum| decibels(spectrum.middle + spectrum.high);
    let all = |spectrum: &Spectrum| decibels(spectrum.total());
    let [loud_out, loud] = [
        quantile(spectra.iter().map(out).collect()),
        quantile(spectra.iter().map(all).collect()),
    ];
    let level = |value: f32, loud: f32| ((value - loud + RANGE_DB) / RANGE_DB).clamp(0.0, 1.15);
    let wanted = spectra.iter().map(|spectrum| {
        let loudness = level(all(spectrum), loud);
        let is_silent = all(spectrum) < SILENCE_DB.max(loud - 1.2 * RANGE_DB);
        if is_silent {
            return [0.0; 3];
        }
        let hiss = smooth_step(HISS[0], HISS[1], spectrum.hiss / spectrum.total());
        // Square: half as loud in decibels is much less than half as open.
        let open = level(out(spectrum), loud_out).powi(2) * (1.0 - 0.7 * hiss);
        [open, breadth(spectrum, loudness, hiss), loudness]
    });
    let wanted: Vec<[f32; 3]> = wanted.collect();
    let steady = (0..wanted.len()).map(|index| {
        let [open, broad, loudness] = around(&wanted, index);
        Lips {
            open: WIDEST * open,
            broad,
            loudness,
        }
    });
    steady.collect()
}

/// Mean of a moment and its neighbours; the first and the last one go on beyond the ends.
fn around(moments: &[[f32; 3]], index: usize) -> [f32; 3] {
    let half = WINDOW.len() / 2;
    let mut mean = [0.0; 3];
    for (step, weight) in WINDOW.iter().enumerate() {
        let at = (index + step).saturating_sub(half).min(moments.len() - 1);
        for (sum, value) in mean.iter_mut().zip(moments[at]) {
            *sum += weight / WINDOW.iter().sum::<f32>() * value;
        }
    }
    mean
}

/// Broad where 1 to 3 kHz outweighs what lies below, as in "ee" and in hissing; round where it is far
/// weaker, as in "oo".
fn breadth(spectrum: &Spectrum, loudness: f32, hiss: f32) -> f32 {
    let balance = (spectrum.middle / (spectrum.low + spectrum.voice + 1e-12)).max(1e-4);
    let tilt = (balance.log10() + 0.8).clamp(-1.0, 1.0);
    let vowel = if tilt > 0.0 { 0.10 } else { 0.16 } * tilt;
    loudness.min(1.0) * (vowel * (1.0 - hiss) + 0.06 * hiss)
}

fn quantile(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    let index = (LOUD * values.len().saturating_sub(1) as f32).round() as usize;
    values.get(index).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENT: Spectrum = Spectrum {
        voice: 0.0,
        low: 0.0,
        middle: 0.0,
        high: 0.0,
        hiss: 0.0,
    };
    const AH: Spectrum = Spectrum {
        voice: 0.02,
        low: 0.05,
        middle: 0.02,
        high: 0.002,
        hiss: 0.0002,
    };

    fn last(spectrum: Spectrum) -> Lips {
        let mut spectra = vec![AH; 20];
        spectra.extend([SILENT; 10]);
        spectra.extend([spectrum; 12]);
        *lips(&spectra).last().unwrap()
    }

    #[test]
    fn a_loud_vowel_opens_wide_and_silence_closes() {
        assert!(last(AH).open > 0.11);
        assert!(last(SILENT).open < 1e-3);
        assert_eq!(last(SILENT).loudness.round(), 0.0);
    }

    #[test]
    fn hissing_and_humming_keep_the_mouth_nearly_closed() {
        let hissing = Spectrum {
            hiss: 0.08,
            high: 0.01,
            middle: 0.002,
            ..SILENT
        };
        assert!(last(hissing).open < 0.4 * last(AH).open);
        let humming = Spectrum {
            voice: 0.09,
            low: 0.002,
            middle: 0.000_05,
            ..SILENT
        };
        assert!(last(humming).open < 0.25 * last(AH).open);
    }

    #[test]
    fn ee_is_broad_and_oo_is_round() {
        let ee = Spectrum {
            voice: 0.02,
            middle: 0.03,
            ..AH
        };
        let oo = Spectrum {
            voice: 0.05,
            low: 0.03,
            middle: 0.0006,
            high: 0.0001,
            hiss: 0.0,
        };
        assert!(last(ee).broad > 0.03, "{:?}", last(ee));
        assert!(last(oo).broad < -0.05, "{:?}", last(oo));
    }

    #[test]
    fn a_quiet_recording_moves_as_the_same_one_turned_up() {
        let quiet = Spectrum {
            voice: 0.0002,
            low: 0.0005,
            middle: 0.0002,
            high: 0.000_02,
            hiss: 0.000_002,
        };
        let open = lips(&[quiet; 20])[19].open;
        assert!((open - lips(&[AH; 20])[19].open).abs() < 1e-3);
    }
}
