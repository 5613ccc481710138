/** What stands for a variable part in a message key. It bears no name, so that a new kind of variable moves no key. */
export const HOLE = '<*>'
