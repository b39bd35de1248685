//! Stories of the whole house: claims about what an owner sees, with literal times.

mod playing;

use super::presets::{self, Preset};
use super::words::Remote;
use super::world::{Setting, World};
use crate::config::PanelAction;
