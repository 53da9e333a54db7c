import type { Part } from './suspicions.ts';

/** The most glances between two looks at what cannot be put right: a minute. */
const MOST = 40;

/** What glances find wrong again and again, such as an adopted bridge that is gone, is looked at more and more seldom. */
export class Stubborn {
  private found = '';
  private left = 0;
  private pause = 0;

  /** A look has put something right. */
  reset(): void {
    this.found = '';
  }

  /** Whether to look at what a glance has found. */
  isTime(parts: readonly Part[]): boolean {
    const found = parts.join();
    if (found !== this.found) [this.found, this.left, this.pause] = [found, 0, 0];
    if (found === '') return false;
    this.left -= 1;
    if (this.left >= 0) return false;
    this.pause = Math.min(2 * this.pause + 1, MOST);
    this.left = this.pause;
    return true;
  }
}
