CREATE TABLE "customer_terms" (
	"provider_id" text NOT NULL,
	"payer" text NOT NULL,
	"level" text,
	"multiplier" text,
	"revision" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "customer_terms_provider_id_payer_pk" PRIMARY KEY("provider_id","payer")
);
--> statement-breakpoint
CREATE TABLE "oracle" (
	"id" text PRIMARY KEY NOT NULL,
	"provider_id" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"config" jsonb NOT NULL,
	"min" text NOT NULL,
	"max" text NOT NULL,
	"stale_seconds" integer NOT NULL,
	"smoothing" integer DEFAULT 0 NOT NULL,
	"fallback" text,
	"enabled" boolean NOT NULL,
	"secret_sealed" text,
	"previous_secret_sealed" text,
	"previous_until" timestamp (3) with time zone,
	"revision" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"deleted_at" timestamp (3) with time zone,
	"last_seq" bigint DEFAULT 0 NOT NULL,
	"value" text,
	"value_at" timestamp (3) with time zone,
	"sent_at" timestamp (3) with time zone,
	"stale_at" timestamp (3) with time zone,
	"stale_since" timestamp (3) with time zone,
	"next_at" timestamp (3) with time zone,
	"failing_since" timestamp (3) with time zone,
	"last_error" text
);
--> statement-breakpoint
CREATE TABLE "oracle_value" (
	"oracle_id" text NOT NULL,
	"seq" bigint NOT NULL,
	"raw" text,
	"value" text,
	"status" text NOT NULL,
	"source" text NOT NULL,
	"message_id" text,
	"error" text,
	"sent_at" timestamp (3) with time zone,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "oracle_value_oracle_id_seq_pk" PRIMARY KEY("oracle_id","seq")
);
--> statement-breakpoint
CREATE TABLE "usage_hour" (
	"route_id" text NOT NULL,
	"hour" timestamp (3) with time zone NOT NULL,
	"payments" bigint NOT NULL,
	"amount" numeric(78, 0) NOT NULL,
	"units" jsonb NOT NULL,
	CONSTRAINT "usage_hour_route_id_hour_pk" PRIMARY KEY("route_id","hour")
);
--> statement-breakpoint
CREATE TABLE "usage_total" (
	"session" text NOT NULL,
	"payer" text NOT NULL,
	"route_id" text NOT NULL,
	"period" text NOT NULL,
	"units" jsonb NOT NULL,
	"charged" numeric(78, 0) NOT NULL,
	"revision" bigint NOT NULL,
	CONSTRAINT "usage_total_session_route_id_period_pk" PRIMARY KEY("session","route_id","period")
);
--> statement-breakpoint
ALTER TABLE "micro_payment" ADD COLUMN "usage" jsonb;--> statement-breakpoint
ALTER TABLE "rate_card" ADD COLUMN "effective_at" timestamp (3) with time zone DEFAULT '1970-01-01T00:00:00.000Z' NOT NULL;--> statement-breakpoint
ALTER TABLE "rate_card" ADD COLUMN "withdrawn_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "route" ADD COLUMN "rate_at" timestamp (3) with time zone DEFAULT '1970-01-01T00:00:00.000Z' NOT NULL;--> statement-breakpoint
ALTER TABLE "customer_terms" ADD CONSTRAINT "customer_terms_provider_id_provider_id_fk" FOREIGN KEY ("provider_id") REFERENCES "public"."provider"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oracle" ADD CONSTRAINT "oracle_provider_id_provider_id_fk" FOREIGN KEY ("provider_id") REFERENCES "public"."provider"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "oracle_provider" ON "oracle" USING btree ("provider_id","id");--> statement-breakpoint
CREATE INDEX "oracle_due" ON "oracle" USING btree ("next_at") WHERE "oracle"."next_at" is not null;--> statement-breakpoint
CREATE INDEX "oracle_stale" ON "oracle" USING btree ("stale_at") WHERE "oracle"."stale_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "oracle_value_message" ON "oracle_value" USING btree ("oracle_id","message_id");--> statement-breakpoint
CREATE INDEX "oracle_value_at" ON "oracle_value" USING btree ("oracle_id","at","seq");--> statement-breakpoint
CREATE INDEX "usage_total_payer" ON "usage_total" USING btree ("payer","route_id","period");--> statement-breakpoint
CREATE INDEX "rate_card_effective" ON "rate_card" USING btree ("route_id","effective_at");--> statement-breakpoint
UPDATE "rate_card" SET "effective_at" = "created_at";--> statement-breakpoint
UPDATE "route" SET "rate_at" = "updated_at";