//! Reduces a picture to the 256 colours that it uses most; all others become the nearest of them. A
//! window has few colours, so only single pixels at the edges of letters change.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};

const MAX_COLOURS: usize = 256;

type Rgb = [u8; 3];

/// Returns a smaller PNG of the same picture.
pub(crate) fn from(picture: &[u8]) -> Result<Vec<u8>> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info()?;
    let mut bytes = vec![0; reader.output_buffer_size().context("the picture is too large")?];
    let frame = reader.next_frame(&mut bytes)?;
    let channels = frame.color_type.samples();
    ensure!(frame.bit_depth == png::BitDepth::Eight && channels >= 3, "the picture is not 8-bit RGB");
    let pixels: Vec<Rgb> =
        bytes.chunks_exact(channels).filter_map(|pixel| pixel.first_chunk::<3>().copied()).collect();

    let (palette, places) = palette_of(&pixels);
    let indices: Vec<u8> = pixels.iter().filter_map(|colour| places.get(colour).copied()).collect();
    let mut small = Vec::new();
    let mut encoder = png::Encoder::new(&mut small, frame.width, frame.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header()?.write_image_data(&indices)?;
    Ok(small)
}

/// The palette, and for every colour of the picture its index in the palette.
fn palette_of(pixels: &[Rgb]) -> (Vec<Rgb>, HashMap<Rgb, u8>) {
    let mut counts: HashMap<Rgb, usize> = HashMap::new();
    for &pixel in pixels {
        *counts.entry(pixel).or_default() += 1;
    }
    let mut colours: Vec<Rgb> = counts.keys().copied().collect();
    colours.sort_by_key(|colour| (std::cmp::Reverse(counts.get(colour).copied()), *colour));
    let palette: Vec<Rgb> = colours.iter().copied().take(MAX_COLOURS).collect();
    let nearest = |colour: Rgb| (0_u8..=255).zip(&palette).min_by_key(|(_, entry)| distance(colour, **entry));
    let places = colours.iter().filter_map(|&colour| Some((colour, nearest(colour)?.0))).collect();
    (palette, places)
}

fn distance(one: Rgb, other: Rgb) -> u32 {
    one.iter().zip(other).map(|(&a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}
