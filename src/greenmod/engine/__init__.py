"""One file: its bytes and a codemod in, proposed edits out. Pure, so that it runs in any process."""
