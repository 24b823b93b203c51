//! High dynamic range to standard: what a bright screen shows, fitted into BT.709.
//!
//! Done here and not by ffmpeg's filters, which many builds lack, so that every installation gives
//! the same picture. Light is measured against the white of ordinary video in an HDR programme
//! (203 cd/m2, ITU-R BT.2408). Up to three quarters of that white nothing changes, which holds for
//! skin; brighter light is rolled off smoothly up to 1000 cd/m2.

use crate::video_info::HdrTransfer;

/// Luminance of diffuse white in HDR programmes, cd/m2 (BT.2408).
const WHITE_NITS: f32 = 203.0;
/// Luminance that becomes full white, cd/m2: what programmes are graded for.
const PEAK_NITS: f32 = 1000.0;
/// Share of diffuse white up to which light is kept as it is.
const KNEE: f32 = 0.75;
/// Exponent of the screen that SDR video is made for (BT.1886).
const SCREEN_GAMMA: f32 = 2.4;
/// Entries of the output table.
const OUTPUT_STEPS: usize = 4096;

/// BT.2020 to BT.709 primaries, linear light (BT.2087, inverted).
const TO_BT709: [[f32; 3]; 3] = [
    [1.6605, -0.5876, -0.0728],
    [-0.1246, 1.1329, -0.0083],
    [-0.0182, -0.1006, 1.1187],
];

/// Tables for one transfer function.
#[derive(Debug)]
pub(crate) struct ToneMap {
    transfer: HdrTransfer,
    /// Light for each 16-bit code: for PQ in units of diffuse white, for HLG scene light 0 to 1.
    light: Vec<f32>,
    /// 8-bit code for light from 0 to 1.
    code: Vec<u8>,
}

impl ToneMap {
    /// Prepare the tables.
    pub(crate) fn new(transfer: HdrTransfer) -> Self {
        let codes = (0..=u16::MAX).map(|code| f32::from(code) / f32::from(u16::MAX));
        let light = match transfer {
            HdrTransfer::Pq => codes.map(|code| pq_nits(code) / WHITE_NITS).collect(),
            HdrTransfer::Hlg => codes.map(hlg_scene_light).collect(),
        };
        let code = (0..OUTPUT_STEPS).map(|step| {
            // the table is spaced by the square root, as codes are dense in the dark
            let light = (step as f32 / (OUTPUT_STEPS - 1) as f32).powi(2);
            (light.powf(SCREEN_GAMMA.recip()) * 255.0).round() as u8
        });
        Self {
            transfer,
            light,
            code: code.collect(),
        }
    }

    /// Map RGB in 16-bit little-endian codes to 8-bit BT.709 codes.
    pub(crate) fn apply(&self, rgb16: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(rgb16.len() / 2);
        for pixel in rgb16.chunks_exact(6) {
            let light = [0, 1, 2].map(|channel| {
                let code = u16::from_le_bytes([pixel[2 * channel], pixel[2 * channel + 1]]);
                self.light[usize::from(code)]
            });
            out.extend(self.to_codes(self.to_display(light)));
        }
        out
    }

    /// Light that the screen would emit, in units of diffuse white.
    fn to_display(&self, [red, green, blue]: [f32; 3]) -> [f32; 3] {
        let gain = match self.transfer {
            HdrTransfer::Pq => 1.0,
            HdrTransfer::Hlg => {
                // BT.2100 table 5: a 1000 cd/m2 screen raises light by its luminance ^ 0.2
                let luminance = 0.2627 * red + 0.6780 * green + 0.0593 * blue;
                luminance.max(1e-6).powf(0.2) * PEAK_NITS / WHITE_NITS
            }
        };
        [red * gain, green * gain, blue * gain]
    }

    fn to_codes(&self, [red, green, blue]: [f32; 3]) -> [u8; 3] {
        let narrow = TO_BT709.map(|row| (row[0] * red + row[1] * green + row[2] * blue).max(0.0));
        // Scaling by the brightest channel keeps the hue.
        let brightest = narrow[0].max(narrow[1]).max(narrow[2]);
        let scale = if brightest > KNEE {
            roll_off(brightest) / brightest
        } else {
            1.0
        };
        narrow.map(|light| {
            let root = (light * scale).min(1.0).sqrt();
            self.code[(root * (OUTPUT_STEPS - 1) as f32).round() as usize]
        })
    }
}

/// Light in units of diffuse white to light from 0 to 1: straight up to the knee, then Reinhard's
/// extended curve, which leaves the knee at slope 1 and reaches 1 at the peak.
fn roll_off(light: f32) -> f32 {
    let peak = (PEAK_NITS / WHITE_NITS - KNEE) / (1.0 - KNEE);
    let over = ((light - KNEE) / (1.0 - KNEE)).clamp(0.0, peak);
    KNEE + (1.0 - KNEE) * over * (1.0 + over / (peak * peak)) / (1.0 + over)
}

/// Light of a PQ code, cd/m2 (BT.2100 table 4).
fn pq_nits(code: f32) -> f32 {
    let (m1, m2) = (2610.0 / 16384.0, 2523.0 / 4096.0 * 128.0);
    let (c1, c2, c3) = (3424.0 / 4096.0, 2413.0 / 128.0, 2392.0 / 128.0);
    let power = code.powf(1.0 / m2);
    10_000.0 * ((power - c1).max(0.0) / (c2 - c3 * power)).powf(1.0 / m1)
}

/// Scene light of an HLG code, 0 to 1 (BT.2100 table 5).
fn hlg_scene_light(code: f32) -> f32 {
    let (a, b, c) = (0.178_832_77_f32, 0.284_668_92_f32, 0.559_910_7_f32);
    if code <= 0.5 {
        code * code / 3.0
    } else {
        (((code - c) / a).exp() + b) / 12.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(map: &ToneMap, code: f32) -> u8 {
        let code = (code * 65535.0) as u16;
        let pixel: Vec<u8> = [code; 3]
            .iter()
            .flat_map(|code| code.to_le_bytes())
            .collect();
        let out = map.apply(&pixel);
        assert!(out[0].abs_diff(out[1]) <= 1 && out[1].abs_diff(out[2]) <= 1);
        out[1]
    }

    #[test]
    fn pq_follows_the_published_points() {
        // BT.2408 table 1: 203 cd/m2 is 58 % of the PQ range, 1000 cd/m2 is 75 %
        assert!((pq_nits(0.58) - 203.0).abs() < 5.0);
        assert!((pq_nits(0.7518) - 1000.0).abs() < 5.0);
    }

    #[test]
    fn skin_keeps_its_light_and_highlights_do_not_clip_early() {
        let pq = ToneMap::new(HdrTransfer::Pq);
        // 26 cd/m2 is what a grey card reflects under a white of 203: (26 / 203) ^ (1 / 2.4)
        assert!(grey(&pq, 0.38).abs_diff(108) <= 3, "{}", grey(&pq, 0.38));
        let white = grey(&pq, 0.58);
        assert!((230..=246).contains(&white), "{white}");
        assert_eq!(grey(&pq, 0.76), 255);
        assert!(grey(&pq, 0.68) > white);
        assert_eq!(grey(&pq, 0.0), 0);
    }

    #[test]
    fn pq_and_hlg_agree_on_diffuse_white() {
        // BT.2408: the same white is 58 % in PQ and 75 % in HLG
        let pq = grey(&ToneMap::new(HdrTransfer::Pq), 0.58);
        let hlg = grey(&ToneMap::new(HdrTransfer::Hlg), 0.75);
        assert!(pq.abs_diff(hlg) <= 3, "{pq} {hlg}");
    }
}
