"""What failing tests say: where they come from doesn't matter to a codemod that decides by them."""
