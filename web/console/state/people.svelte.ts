// Colleagues and teams: read once, kept true by presence frames.
import * as api from '../api';
import type { Frame, AgentGets } from '../../protocol';
import { app } from './app.svelte';

class People {
  agents = $state.raw<api.Agent[]>([]);
  teams = $state.raw<api.Team[]>([]);

  async load(): Promise<void> {
    try {
      const [agents, teams] = await Promise.all([api.listAgents(), api.listTeams()]);
      this.agents = agents.items;
      this.teams = teams.items;
    } catch (err) {
      if (!(err instanceof api.ApiError && err.offline)) app.fail(err);
    }
  }
  agent(id: string | null | undefined): api.Agent | undefined {
    return this.agents.find((a) => a.id === id);
  }
  team(id: string | null | undefined): api.Team | undefined {
    return this.teams.find((t) => t.id === id);
  }
  presence(f: Frame<AgentGets, 'presence'>): void {
    if (!this.agents.some((a) => a.id === f.agent)) return;
    this.agents = this.agents.map((a) => (a.id === f.agent ? { ...a, status: f.status, load: f.load, capacity: f.capacity } : a));
  }
  replace(agent: api.Agent): void {
    this.agents = this.agents.some((a) => a.id === agent.id)
      ? this.agents.map((a) => (a.id === agent.id ? { ...a, ...agent } : a))
      : [...this.agents, agent];
  }
}

export const people = new People();
