import { setRate, upsertProvider, upsertRoute } from '@pbstream/db/Catalog'
