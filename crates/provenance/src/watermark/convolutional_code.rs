//! Error correction: a convolutional code of rate 1/3 and constraint length 9, decoded from log odds.
//!
//! Generators 557, 663 and 711 (octal), those of 3GPP TS 25.212; decoding: Viterbi 1967. The register
//! starts and ends empty.

/// Bits that a code bit depends on.
const LENGTH: usize = 9;
/// States of the register.
const STATES: usize = 1 << (LENGTH - 1);
/// Which bits of the register each of the code bits is the parity of.
const GENERATORS: [usize; 3] = [0o557, 0o663, 0o711];

/// Code bits of so many bits.
pub(super) const fn encoded_len(bits: usize) -> usize {
    (bits + LENGTH - 1) * GENERATORS.len()
}

/// Encode.
pub(super) fn encode(bits: &[bool]) -> Vec<bool> {
    let mut register = 0;
    let tail = std::iter::repeat_n(&false, LENGTH - 1);
    let mut code = Vec::with_capacity(encoded_len(bits.len()));
    for bit in bits.iter().chain(tail) {
        register = pushed(register, *bit);
        code.extend(GENERATORS.map(|generator| parity(register, generator)));
    }
    code
}

/// The most likely bits, from the log odds that each code bit is true.
///
/// # Panics
/// If no bits have so many code bits: a wiring bug.
pub(super) fn decode(odds: &[f32]) -> Vec<bool> {
    let steps = odds.len() / GENERATORS.len();
    assert!(
        odds.len().is_multiple_of(GENERATORS.len()) && steps >= LENGTH,
        "{} code bits",
        odds.len()
    );
    let mut scores = vec![f32::NEG_INFINITY; STATES];
    scores[0] = 0.0;
    let mut came_from = Vec::with_capacity(steps);
    for odds in odds.chunks_exact(GENERATORS.len()) {
        let mut next = vec![f32::NEG_INFINITY; STATES];
        let mut sources = vec![0_u16; STATES];
        for (state, score) in scores.iter().enumerate() {
            for bit in [false, true] {
                let register = pushed(state, bit);
                let gains = GENERATORS.iter().zip(odds).map(|(generator, odds)| {
                    if parity(register, *generator) {
                        *odds
                    } else {
                        -*odds
                    }
                });
                let score = score + gains.sum::<f32>();
                let target = register & (STATES - 1);
                if score > next[target] {
                    next[target] = score;
                    sources[target] = state as u16;
                }
            }
        }
        scores = next;
        came_from.push(sources);
    }
    let mut state = 0;
    let mut bits = Vec::with_capacity(steps);
    for sources in came_from.iter().rev() {
        bits.push(state & 1 == 1);
        state = usize::from(sources[state]);
    }
    bits.reverse();
    bits.truncate(steps - (LENGTH - 1));
    bits
}

/// The register with one more bit; of a state, the oldest bit is gone already.
fn pushed(register: usize, bit: bool) -> usize {
    (register << 1 | usize::from(bit)) & ((1 << LENGTH) - 1)
}

fn parity(register: usize, generator: usize) -> bool {
    (register & generator).count_ones() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_back_through_weak_and_missing_odds() {
        let bits: Vec<bool> = (0..80).map(|index| index * index % 7 < 3).collect();
        let code = encode(&bits);
        assert_eq!(code.len(), encoded_len(80));
        let mut odds: Vec<f32> = code
            .iter()
            .map(|bit| if *bit { 0.1 } else { -0.1 })
            .collect();
        for index in (0..odds.len()).step_by(3) {
            odds[index] = 0.0;
        }
        assert_eq!(decode(&odds), bits);
    }

    #[test]
    fn different_messages_differ_in_at_least_18_code_bits() {
        // free distance of the code with these generators: Proakis, Digital Communications, table 8-2-2
        let nothing = encode(&[false; 40]);
        for word in 1_u64..1 << 10 {
            let bits: Vec<bool> = (0..40).map(|place| word >> place & 1 == 1).collect();
            let distance = encode(&bits)
                .iter()
                .zip(&nothing)
                .filter(|(a, b)| a != b)
                .count();
            assert!(distance >= 18, "{word:b}: {distance}");
        }
    }
}
