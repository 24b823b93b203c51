//! Words about a file that travel inside it.

/// Words about a file that travel inside it, such as the statement that it is synthetic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Title shown by players.
    pub title: Option<String>,
    /// Free text, shown by players and file viewers.
    pub comment: Option<String>,
}

impl Metadata {
    /// What a sheet says on which pictures that were given are laid out, none of them made or changed.
    pub fn of_copies() -> Self {
        let comment = "Pictures that were given to Vivant, cut out and laid side by side. None of them was made by it.";
        Self {
            title: None,
            comment: Some(comment.to_owned()),
        }
    }

    /// The words that are set, under the names a format has for title and comment.
    pub(crate) fn entries<'a>(
        &'a self,
        title_name: &'a str,
        comment_name: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let title = self.title.as_deref().map(|text| (title_name, text));
        let comment = self.comment.as_deref().map(|text| (comment_name, text));
        title.into_iter().chain(comment)
    }
}
