//! Where networks live and compute: the processor, a CUDA card or Apple's GPU.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tch::Device;

/// A device by the name that users type: `cpu`, `cuda:N` or `mps`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// The processor.
    Cpu,
    /// The CUDA card of this number, from 0.
    Cuda(usize),
    /// The GPU of an Apple machine.
    Mps,
}

/// Why a device cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DeviceError {
    /// The name is none.
    #[error("{0:?} is no device; use cpu, cuda, cuda:N or mps")]
    Name(String),
    /// There is no such card.
    #[error("{wanted} was asked for, but libtorch sees {found} CUDA cards{hint}; use --device cpu")]
    NoCard {
        /// What was asked for.
        wanted: DeviceChoice,
        /// Cards that there are.
        found: usize,
        /// What stood in the way, where that is known.
        hint: String,
    },
    /// There is no such GPU.
    #[error("libtorch has no Metal device here; use --device cpu")]
    NoMetal,
}

impl DeviceChoice {
    /// The device for libtorch, loading its CUDA part first where that is asked for.
    ///
    /// # Errors
    /// Where the machine has no such device, or libtorch was built without it.
    pub fn open(self) -> Result<Device, DeviceError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Mps if tch::utils::has_mps() => Ok(Device::Mps),
            Self::Mps => Err(DeviceError::NoMetal),
            Self::Cuda(number) => {
                let hint = load_cuda();
                let found = tch::Cuda::device_count().max(0) as usize;
                if number < found {
                    return Ok(Device::Cuda(number));
                }
                Err(DeviceError::NoCard {
                    wanted: self,
                    found,
                    hint: hint.map_or_else(String::new, |hint| format!(" ({hint})")),
                })
            }
        }
    }
}

/// Load libtorch's CUDA part, which nothing links to; it registers itself. Returns what went wrong.
fn load_cuda() -> Option<String> {
    if tch::Cuda::device_count() > 0 {
        return None;
    }
    #[allow(
        unsafe_code,
        reason = "loading a library runs its initialisers; this one is libtorch's own, found as libtorch itself was"
    )]
    // SAFETY: libtorch_cuda.so is made to be loaded beside the libtorch that is in use already.
    let library = unsafe { libloading::Library::new("libtorch_cuda.so") };
    match library {
        Ok(library) => {
            // It stays for the life of the program.
            std::mem::forget(library);
            None
        }
        Err(error) => Some(error.to_string()),
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => write!(formatter, "cpu"),
            Self::Cuda(number) => write!(formatter, "cuda:{number}"),
            Self::Mps => write!(formatter, "mps"),
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let wrong = || DeviceError::Name(text.to_owned());
        match text {
            "cpu" => Ok(Self::Cpu),
            "mps" => Ok(Self::Mps),
            "cuda" => Ok(Self::Cuda(0)),
            _ => {
                let number = text.strip_prefix("cuda:").ok_or_else(wrong)?;
                let number = number.parse::<u16>().ok().ok_or_else(wrong)?;
                Ok(Self::Cuda(usize::from(number)))
            }
        }
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = DeviceError;

    fn try_from(text: String) -> Result<Self, DeviceError> {
        text.parse()
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        choice.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were_and_others_are_refused() {
        for name in ["cpu", "cuda:0", "cuda:7", "mps"] {
            assert_eq!(name.parse::<DeviceChoice>().unwrap().to_string(), name);
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        for name in ["gpu", "cuda:", "cuda:-1", "cuda:x", ""] {
            assert!(name.parse::<DeviceChoice>().is_err(), "{name}");
        }
    }

    #[test]
    fn a_card_that_is_not_there_is_an_error_that_says_what_to_do() {
        let error = DeviceChoice::Cuda(63).open().unwrap_err();
        assert!(error.to_string().contains("--device cpu"), "{error}");
    }
}
