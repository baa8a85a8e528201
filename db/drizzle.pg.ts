import { defineConfig } from 'drizzle-kit'

/** `DATABASE_URL` is read by `npm run migrate:pg` only; generating needs no database. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './src/schema.pg.ts',
  out: './migrations/pg',
  dbCredentials: { url: process.env.DATABASE_URL ?? '' },
})
