/** Stands for `cloudflare:workers` outside of workerd: the base classes alone. Nothing here runs an object. */
export class DurableObject {}
export class WorkerEntrypoint {}
