// @ts-check
/** The sample's sound, kept to the player's clock. It belongs to frames from 0 on. */

const SECONDS_OFF = 0.06;

export class Sound {
  /** @param {string | undefined} src @param {import("./player.js").Player} player */
  constructor(src, player) {
    this.player = player;
    this.on = false;
    this.audio = src ? new Audio(src) : null;
    this.listeners = new AbortController();
    if (!this.audio) return;
    this.audio.preload = "auto";
    const { signal } = this.listeners;
    for (const name of ["play", "frame", "restart", "rate"]) player.addEventListener(name, () => this.#follow(), { signal });
    player.addEventListener("pause", () => this.audio?.pause(), { signal });
  }

  get there() {
    return this.audio !== null;
  }

  /** @param {boolean} on */
  set(on) {
    this.on = on;
    if (on) this.#follow();
    else this.audio?.pause();
  }

  #follow() {
    const { audio, player } = this;
    if (!audio || !this.on) return;
    if (!player.playing || player.frame < 0) {
      audio.pause();
      return;
    }
    const time = player.frame / player.fps;
    if (Math.abs(audio.currentTime - time) > SECONDS_OFF * Math.max(player.rate, 1)) audio.currentTime = time;
    audio.playbackRate = player.rate;
    // Refused before the person touched the page; the next key press starts it.
    if (audio.paused) audio.play().catch(() => {});
  }

  close() {
    this.listeners.abort();
    this.audio?.pause();
    this.audio?.removeAttribute("src");
  }
}
