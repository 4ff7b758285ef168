CREATE TABLE `srid` (
  `a` point NOT NULL /*!80003 SRID 4326 */,
  `b` geometry /*!80003 SRID 0 */ DEFAULT NULL,
  SPATIAL KEY `k` (`a`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci