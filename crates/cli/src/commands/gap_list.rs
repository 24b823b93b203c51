//! Frames in which a face was not seen, told in one sentence.

/// Gaps that are named one by one.
const SHOWN: usize = 8;

/// How many of `total` frames show no face, and which.
pub(crate) fn gap_sentence(gaps: &[(u64, u64)], total: u64) -> String {
    let missing: u64 = gaps.iter().map(|(first, last)| last - first + 1).sum();
    format!("no face in {missing} of {total} frames ({})", listed(gaps))
}

/// In how many of `total` frames the head is turned less far than the driver's, and which.
pub(crate) fn turn_sentence(parts: &[(u64, u64)], total: u64) -> String {
    let frames: u64 = parts.iter().map(|(first, last)| last - first + 1).sum();
    format!(
        "in {frames} of {total} frames ({}) the driver turns farther than one picture can show; the head turns less there",
        listed(parts)
    )
}

/// The first few gaps as frame numbers, and how many more there are.
fn listed(gaps: &[(u64, u64)]) -> String {
    let name = |(first, last): &(u64, u64)| match first == last {
        true => first.to_string(),
        false => format!("{first} to {last}"),
    };
    let mut texts: Vec<String> = gaps.iter().take(SHOWN).map(name).collect();
    if gaps.len() > SHOWN {
        texts.push(format!("{} more gaps", gaps.len() - SHOWN));
    }
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_counted_and_a_long_list_is_cut() {
        let gaps: Vec<_> = (0..10).map(|index| (index * 10, index * 11)).collect();
        let text = gap_sentence(&gaps, 200);
        assert!(text.starts_with("no face in 55 of 200 frames (0, 10 to 11, 20 to 22"));
        assert!(text.ends_with("70 to 77, 2 more gaps)"));
    }
}
