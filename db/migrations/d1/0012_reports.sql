CREATE TABLE `challenge_hour` (
	`provider_id` text NOT NULL,
	`hour` integer NOT NULL,
	`route_id` text NOT NULL,
	`source` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`provider_id`, `hour`, `route_id`, `source`)
);
--> statement-breakpoint
CREATE INDEX `challenge_hour_hour` ON `challenge_hour` (`hour`);--> statement-breakpoint
CREATE INDEX `channel_payer` ON `channel` (substr(session, length(session) - 84, 42),`id`);--> statement-breakpoint
CREATE INDEX `micro_payment_payer_at` ON `micro_payment` (substr(session, length(session) - 84, 42),`at`,`session`,`seq`);