CREATE TABLE "api_key" (
	"id" text PRIMARY KEY NOT NULL,
	"owner" text NOT NULL,
	"mode" text NOT NULL,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"hash" text NOT NULL,
	"scopes" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "audit_head" (
	"chain" text NOT NULL,
	"day" text NOT NULL,
	"seq" bigint NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "audit_head_chain_day_pk" PRIMARY KEY("chain","day")
);
--> statement-breakpoint
CREATE TABLE "idempotency" (
	"owner" text NOT NULL,
	"mode" text NOT NULL,
	"key" text NOT NULL,
	"digest" text NOT NULL,
	"status" integer,
	"headers" jsonb,
	"body" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "idempotency_owner_mode_key_pk" PRIMARY KEY("owner","mode","key")
);
--> statement-breakpoint
CREATE TABLE "owner" (
	"id" text PRIMARY KEY NOT NULL,
	"address" text NOT NULL,
	"chain_id" bigint,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_sign_in_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "relay_use" (
	"owner" text NOT NULL,
	"day" text NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "relay_use_owner_day_pk" PRIMARY KEY("owner","day")
);
--> statement-breakpoint
CREATE TABLE "sign_in" (
	"hash" text PRIMARY KEY NOT NULL,
	"owner" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "used_nonce" (
	"nonce" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_delivery" (
	"id" text PRIMARY KEY NOT NULL,
	"endpoint_id" text NOT NULL,
	"owner" text NOT NULL,
	"mode" text NOT NULL,
	"event_id" text NOT NULL,
	"event" text NOT NULL,
	"payload" text NOT NULL,
	"status" text NOT NULL,
	"attempts" integer NOT NULL,
	"next_at" timestamp (3) with time zone NOT NULL,
	"last_status" integer,
	"last_error" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_endpoint" (
	"id" text PRIMARY KEY NOT NULL,
	"owner" text NOT NULL,
	"mode" text NOT NULL,
	"url" text NOT NULL,
	"events" jsonb NOT NULL,
	"secret_sealed" text NOT NULL,
	"previous_secret_sealed" text,
	"previous_until" timestamp (3) with time zone,
	"enabled" boolean NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "chain" text DEFAULT 'legacy' NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "prev" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "hash" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "provider" ADD COLUMN "owner" text;--> statement-breakpoint
ALTER TABLE "provider" ADD COLUMN "mode" text DEFAULT 'live' NOT NULL;--> statement-breakpoint
ALTER TABLE "provider" ADD COLUMN "revision" bigint DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "provider" ADD COLUMN "withdraw_delay" integer;--> statement-breakpoint
ALTER TABLE "provider" ADD COLUMN "settle_amount" numeric(78, 0);--> statement-breakpoint
ALTER TABLE "provider" ADD COLUMN "settle_age_ms" bigint;--> statement-breakpoint
ALTER TABLE "provider" ADD COLUMN "pending_pay_to" text;--> statement-breakpoint
ALTER TABLE "provider" ADD COLUMN "pending_pay_to_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "route" ADD COLUMN "revision" bigint DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "route" ADD COLUMN "adapter" text;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "public_id" text;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "owner" text;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "mode" text;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "name" text;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "permission" jsonb;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "routes" jsonb;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "status" text DEFAULT 'unmanaged' NOT NULL;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "version" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "key_id" text;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "registered" text DEFAULT 'none' NOT NULL;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "made_by" text;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "replaces" text;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "replaced_by" text;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "grace_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "created_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "session_key" ADD COLUMN "updated_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "api_key_hash" ON "api_key" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "api_key_owner" ON "api_key" USING btree ("owner","mode","id");--> statement-breakpoint
CREATE INDEX "idempotency_created_at" ON "idempotency" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "sign_in_expires_at" ON "sign_in" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "used_nonce_expires_at" ON "used_nonce" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "webhook_delivery_endpoint" ON "webhook_delivery" USING btree ("endpoint_id","id");--> statement-breakpoint
CREATE INDEX "webhook_delivery_pending" ON "webhook_delivery" USING btree ("next_at") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_endpoint_owner" ON "webhook_endpoint" USING btree ("owner","mode","id");--> statement-breakpoint
UPDATE "audit" SET "seq" = "id";--> statement-breakpoint
CREATE UNIQUE INDEX "audit_chain_seq" ON "audit" USING btree ("chain","seq");--> statement-breakpoint
CREATE INDEX "provider_owner" ON "provider" USING btree ("owner","mode","id");--> statement-breakpoint
CREATE UNIQUE INDEX "session_key_public_id" ON "session_key" USING btree ("public_id");--> statement-breakpoint
CREATE INDEX "session_key_owner" ON "session_key" USING btree ("owner","mode","public_id");