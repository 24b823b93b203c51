//! Motions that come with the program, made by formula.

/// A motion by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltInMotion {
    /// A few spoken words.
    Talk,
    /// Nodding yes.
    Nod,
    /// Looking to both sides.
    LookAround,
    /// A smile that comes and goes.
    Smile,
    /// Blinking twice.
    Blink,
}

impl BuiltInMotion {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Talk,
        Self::Nod,
        Self::LookAround,
        Self::Smile,
        Self::Blink,
    ];

    /// The name as a user types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::Nod => "nod",
            Self::LookAround => "look-around",
            Self::Smile => "smile",
            Self::Blink => "blink",
        }
    }

    /// The motion of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|motion| motion.name() == name)
    }
}
