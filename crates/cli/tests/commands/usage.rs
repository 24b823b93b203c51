//! Wrong use: exit code 2 and a sentence that says what was wrong.

use crate::program::Workplace;

#[test]
fn an_unknown_command_is_wrong_use() {
    Workplace::new()
        .vivant(["animat"])
        .run()
        .refused_naming(&["animat"]);
}
