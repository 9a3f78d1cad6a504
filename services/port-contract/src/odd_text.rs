//! Text that is easily stored wrong.

/// Lines, quotes, other scripts, characters of four bytes, and what means something to an engine.
pub(crate) const ODD_TEXT: &str =
    " line\r\n\tдве строки, 漢字, 𝄞 €\n'\"`\\;--%_${}[]<b>&amp;?=*\u{7f}\u{200b} ";
