//! The page of the USER test: three pictures of one person, of which one is made; which?
//!
//! The pictures lie beside the page under numbers that give nothing away. The order follows the
//! seed, so that everybody sees the same questions.

use std::path::Path;

use inference::sha256_hex;
use serde::Serialize;

use crate::people::answers::Truth;
use crate::people::config::PeopleError;
use crate::people::files::{FolderInTheMaking, at, write_whole};
use crate::people::making::Row;
use crate::people::people_folder::Person;

/// Questions for each row of the table.
const QUESTIONS_A_ROW: usize = 10;
/// The page, with a mark where the questions go.
const PAGE: &str = include_str!("user_test.html");
/// The mark.
const MARK: &str = "/*TEST*/null";

/// A test, whole.
#[derive(Debug)]
pub(crate) struct UserTest {
    /// SHA-256 of what is asked, so that answers are not counted for another test.
    pub(crate) id: String,
    /// What is right.
    pub(crate) truths: Vec<Truth>,
}

#[derive(Debug, Serialize)]
struct PageData<'a> {
    test: &'a str,
    questions: Vec<PageQuestion<'a>>,
}

#[derive(Debug, Serialize)]
struct PageQuestion<'a> {
    pictures: [String; 3],
    row: &'a str,
    fake: usize,
}

/// Numbers that look random and follow a seed (SplitMix64, Steele et al. 2014).
struct Draw(u64);

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((value ^ (value >> 31)) % count as u64) as usize
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

/// A question: who made it, the person, the held-out pictures in their order, and which is made.
struct Question<'a> {
    row: &'a Row,
    person: &'a Person,
    held_out: [usize; 3],
    fake: usize,
}

/// Write `folder` with the page and its pictures. People with fewer than three held-out pictures
/// are not asked about.
pub(crate) fn write_user_test(
    folder: &Path,
    people: &[Person],
    rows: &[Row],
    seed: u64,
) -> Result<UserTest, PeopleError> {
    let questions = questions(people, rows, seed);
    let in_the_making = FolderInTheMaking::begin(folder)?;
    let mut pages = Vec::new();
    let mut truths = Vec::new();
    let mut asked = String::new();
    let mut count = 0;
    for question in &questions {
        let mut names = [const { String::new() }; 3];
        for (place, held_out) in question.held_out.into_iter().enumerate() {
            let picture = &question.person.held_out[held_out];
            let made = question
                .row
                .folder
                .join(&question.person.name)
                .join(&picture.name);
            let from = if place == question.fake {
                &made
            } else {
                &picture.path
            };
            let bytes = std::fs::read(from).map_err(at(from))?;
            asked.push_str(&sha256_hex(&bytes));
            let ending = from.extension().unwrap_or_default().to_string_lossy();
            names[place] = format!("{count:05}.{ending}");
            write_whole(&in_the_making.path().join(&names[place]), &bytes)?;
            count += 1;
        }
        let row = format!("{}-{}", question.row.method, question.row.shots);
        asked.push_str(&format!("{row} {}\n", question.fake));
        truths.push(Truth {
            row,
            fake: question.fake,
        });
        pages.push(names);
    }
    let id = sha256_hex(asked.as_bytes());
    let asked = pages
        .into_iter()
        .zip(&truths)
        .map(|(pictures, truth)| PageQuestion {
            pictures,
            row: &truth.row,
            fake: truth.fake,
        });
    let data = PageData {
        test: &id,
        questions: asked.collect(),
    };
    let data = serde_json::to_string(&data).expect("text and numbers can be written as JSON");
    // a name that would end the script early cannot
    let page = PAGE.replace(MARK, &data.replace('<', "\\u003c"));
    write_whole(&in_the_making.path().join("index.html"), page.as_bytes())?;
    in_the_making.finish()?;
    Ok(UserTest { id, truths })
}

fn questions<'a>(people: &'a [Person], rows: &'a [Row], seed: u64) -> Vec<Question<'a>> {
    let asked: Vec<&Person> = people
        .iter()
        .filter(|person| person.held_out.len() >= 3)
        .collect();
    let mut draw = Draw(seed);
    let mut questions = Vec::new();
    for row in rows {
        let mut order: Vec<usize> = (0..asked.len()).collect();
        draw.shuffle(&mut order);
        for place in order
            .iter()
            .cycle()
            .take(QUESTIONS_A_ROW.min(asked.len() * QUESTIONS_A_ROW))
        {
            let person = asked[*place];
            let mut pictures: Vec<usize> = (0..person.held_out.len()).collect();
            draw.shuffle(&mut pictures);
            let held_out = [pictures[0], pictures[1], pictures[2]];
            questions.push(Question {
                row,
                person,
                held_out,
                fake: draw.below(3),
            });
        }
    }
    draw.shuffle(&mut questions);
    questions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_follows_its_seed_and_loses_nothing() {
        let order = |seed| {
            let mut list: Vec<usize> = (0..50).collect();
            Draw(seed).shuffle(&mut list);
            list
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        let mut sorted = order(3);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn the_page_has_the_mark_that_its_questions_replace() {
        assert_eq!(PAGE.matches(MARK).count(), 1);
    }
}
