// @ts-check
/** Everything a key can do: its name, its first keys, and where it is listed in the help. */

/** @typedef {{id: string, label: string, group: string, keys: string[]}} Action */

/** @type {[string, [string, string, string[]][]][]} */
const GROUPS = [
  ["Decide", [
    ["accept", "Accept, then next", ["a"]],
    ["reject", "Reject, then next", ["x"]],
    ["clear", "Clear my decision, then next", ["u"]],
    ["skip", "Skip: can't judge, then next", ["Shift+U"]],
    ["undo", "Undo", ["z"]],
    ["redo", "Redo", ["Shift+Z"]],
    ["note", "Write a note (Ctrl+Enter saves, Esc leaves)", ["n"]],
    ["fix", "Correct a box on this frame", ["e"]],
    ...Array.from({ length: 9 }, (_, i) => /** @type {[string, string, string[]]} */ ([`reason${i + 1}`, `Reason ${i + 1} on or off`, [String(i + 1)]])),
  ]],
  ["Move", [
    ["next", "Next sample of the query", ["j"]],
    ["previous", "Previous sample of the query", ["k"]],
    ["nextUndecided", "Next sample that I haven't decided", ["Shift+J"]],
    ["grid", "To the grid, at this sample", ["g"]],
    ["why", "Why: checks and origin", ["w"]],
    ["search", "Search", ["/"]],
    ["copy", "Copy this page's address", ["y"]],
    ["help", "Keys and help", ["?"]],
  ]],
  ["Play", [
    ["play", "Play or pause", ["Space"]],
    ["back", "One frame back", [",", "ArrowLeft"]],
    ["forward", "One frame on", [".", "ArrowRight"]],
    ["back10", "Ten frames back", ["<", "Shift+ArrowLeft"]],
    ["forward10", "Ten frames on", [">", "Shift+ArrowRight"]],
    ["first", "Frame 0", ["Home"]],
    ["last", "Last frame", ["End"]],
    ["seam", "Across the seam of motion and target (-1, 0)", ["0"]],
    ["loopIn", "Loop from here", ["["]],
    ["loopOut", "Loop to here", ["]"]],
    ["loopClear", "No loop", ["\\"]],
    ["slower", "Slower", ["-"]],
    ["faster", "Faster", ["=", "+"]],
    ["sound", "Sound on or off", ["s"]],
  ]],
  ["Look", [
    ["layout", "Next layout: side by side, RGB, overlay, wipe", ["v"]],
    ["boxes", "Boxes", ["b"]],
    ["masks", "Object mask", ["m"]],
    ["contact", "Contact", ["o"]],
    ["hands", "Hands", ["h"]],
    ["flicker", "Hold: references flicker over their source", ["f"]],
    ["whole", "Whole picture again", ["r"]],
  ]],
];

/** @type {Action[]} */
export const ACTIONS = GROUPS.flatMap(([group, actions]) => actions.map(([id, label, keys]) => ({ id, label, group, keys })));
