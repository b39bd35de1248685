//! A short sound for the demonstration, made here so that the box needs no file to show itself: a
//! soft tone as RIFF WAVE (PCM, 16 bit, mono), which every renderer knows.

use core::f64::consts::TAU;

/// Samples in a second: small files, and more than the tone needs.
const RATE: u32 = 8000;
const BYTES_PER_SAMPLE: u32 = 2;
/// Of the format, without the samples.
const HEADER: u32 = 44;
/// Soft: a fifth of full scale.
const LOUDNESS: f64 = 0.2 * i16::MAX as f64;
/// Seconds over which the tone comes and goes, so that a loop does not click.
const FADE: f64 = 0.25;

/// A WAV file that lasts `seconds` and sounds at `hertz`.
#[must_use]
pub fn wav(seconds: u16, hertz: f64) -> Vec<u8> {
    let samples = u32::from(seconds) * RATE;
    let data = samples * BYTES_PER_SAMPLE;
    let mut file = Vec::with_capacity((HEADER + data) as usize);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(HEADER - 8 + data).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    // PCM, one channel.
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&1_u16.to_le_bytes());
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&(RATE * BYTES_PER_SAMPLE).to_le_bytes());
    file.extend_from_slice(&2_u16.to_le_bytes());
    file.extend_from_slice(&16_u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&data.to_le_bytes());
    for n in 0..samples {
        let time = f64::from(n) / f64::from(RATE);
        let to_edge = time.min(f64::from(seconds) - time);
        let loudness = LOUDNESS * (to_edge / FADE).min(1.0);
        // Within i16: loudness is a fraction of its maximum.
        let sample = ((time * hertz * TAU).sin() * loudness) as i16;
        file.extend_from_slice(&sample.to_le_bytes());
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::probe;
    use crate::sim::wav_duration;
    use crate::time::Duration;

    #[test]
    fn lasts_as_long_as_asked_for_whoever_reads_it() {
        let file = wav(3, 440.0);
        assert_eq!(file.len(), 44 + 3 * 16_000);
        assert_eq!(wav_duration(&file), Some(Duration::from_secs(3)));
        assert_eq!(wav_duration(&file[..100]), Some(Duration::from_secs(3)), "from its head");
        let path = std::env::temp_dir().join(format!("dlna-kiosk-clip-{}.wav", std::process::id()));
        std::fs::write(&path, &file).unwrap();
        let probed = probe::duration(&path, "wav");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(probed, Some(Duration::from_secs(3)));
    }

    #[test]
    fn sounds_softly_and_begins_and_ends_in_silence() {
        let file = wav(1, 440.0);
        let samples: Vec<i16> =
            file[44..].chunks(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
        let loudest = samples.iter().map(|s| s.unsigned_abs()).max().unwrap();
        assert!((5000..7000).contains(&loudest), "{loudest}");
        assert!(samples[0].abs() < 100 && samples[samples.len() - 1].abs() < 100);
    }
}
