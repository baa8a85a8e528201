DROP INDEX `session_key_payer`;--> statement-breakpoint
CREATE INDEX `session_key_payer` ON `session_key` (`payer`,`session`);