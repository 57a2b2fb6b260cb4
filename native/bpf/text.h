/* Does a text begin with a word? The word is a literal; the text has at least as many bytes. */
#ifndef CRITRACE_TEXT_H
#define CRITRACE_TEXT_H

static __always_inline _Bool same_bytes(const char *text, const char *word, int length) {
  _Bool same = 1;
#pragma unroll
  for (int at = 0; at < length; at++) same &= text[at] == word[at];
  return same;
}

#define begins_with(text, word) same_bytes(text, word, sizeof(word) - 1)

#endif
